import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { ClientCall } from '../cluster/client-call.js';
import { prepareAnswer } from '../cluster/send-answer.js';
import { ClusterTails } from '../tail/cluster-tails.js';

@Injectable()
export class TailsService {
  constructor(private readonly tails: ClusterTails) {}

  /** Streams to the response, or answers it where there is nothing to stream. */
  async follow(call: ClientCall, response: Response): Promise<void> {
    const answer = await this.tails.follow(call, response);
    if (answer !== undefined) response.send(prepareAnswer(response, answer));
  }
}
