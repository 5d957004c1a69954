import { Injectable } from '@nestjs/common';
import { storageOf, type MissingStorageDto, type StorageDto, type StoredKindDto } from '@tracer/dtos';
import { Upstreams } from '../proxy/upstreams.js';

/** Unites what the services behind the gateway say about what they keep. */
@Injectable()
export class StorageService {
  constructor(private readonly upstreams: Upstreams) {}

  async read(): Promise<StorageDto> {
    const answers = await Promise.all(
      this.upstreams
        .configured()
        .map(async (upstream) => ({ ...upstream, ...(await this.upstreams.read(upstream, '/api/v1/storage')) })),
    );
    const kinds: StoredKindDto[] = [];
    const missing: MissingStorageDto[] = [];
    for (const answer of answers) {
      if ('problem' in answer) missing.push({ service: answer.name, reason: answer.problem });
      else kinds.push(...(answer.value as StorageDto).kinds);
    }
    return storageOf(kinds, missing);
  }
}
