import { Controller, Get, Inject, Module, Res, type DynamicModule } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { reasonOf } from '@tracer/base';
import type { Response } from 'express';

/** One thing an app needs before it can serve; `detail` is shown to the operator. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves with what is wrong, or undefined when all is well. Must answer within a second or so. */
  problem(): Promise<string | undefined>;
}

/** Checks may be added while the app starts; a draining app is never ready. */
export class Readiness {
  readonly #checks: ReadinessCheck[] = [];
  draining = false;

  add(check: ReadinessCheck): void {
    this.#checks.push(check);
  }

  async report(): Promise<ReadyDto> {
    const checks = await Promise.all(
      this.#checks.map(async (check) => {
        const { name } = check;
        const detail = await check.problem().catch(reasonOf);
        return { name, ok: detail === undefined, ...(detail === undefined ? {} : { detail }) };
      }),
    );
    if (this.draining) checks.push({ name: 'stop', ok: false, detail: 'the service is stopping' });
    return { ready: checks.every(({ ok }) => ok), checks };
  }
}

export class HealthDto {
  @ApiProperty({ enum: ['ok'] }) status!: 'ok';
  @ApiProperty({ description: 'Name of the service' }) service!: string;
  @ApiProperty() version!: string;
  @ApiProperty({ type: 'integer', description: 'Seconds since the start of the process' }) uptimeSeconds!: number;
}

class ReadyCheckDto {
  @ApiProperty() name!: string;
  @ApiProperty() ok!: boolean;
  @ApiProperty({ required: false, description: 'What is missing' }) detail?: string;
}

export class ReadyDto {
  @ApiProperty() ready!: boolean;
  @ApiProperty({ type: [ReadyCheckDto] }) checks!: ReadyCheckDto[];
}

const SERVICE = Symbol('service');

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    @Inject(SERVICE) private readonly service: { readonly name: string; readonly version: string },
  ) {}

  /** The process answers; nothing else is looked at. */
  @Get('health')
  @ApiOkResponse({ type: HealthDto })
  health(): HealthDto {
    const { name, version } = this.service;
    return { status: 'ok', service: name, version, uptimeSeconds: Math.floor(process.uptime()) };
  }

  /** 200 when the service can do its work, 503 with the reasons when it can not. */
  @Get('ready')
  @ApiOkResponse({ type: ReadyDto })
  @ApiServiceUnavailableResponse({ type: ReadyDto })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadyDto> {
    const report = await this.readiness.report();
    response.status(report.ready ? 200 : 503);
    return report;
  }
}

/** `/health` and `/ready`; inject `Readiness` to add checks. */
@Module({})
export class HealthModule {
  static forService(name: string, version: string): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      controllers: [HealthController],
      providers: [
        { provide: SERVICE, useValue: { name, version } },
        { provide: Readiness, useFactory: () => new Readiness() },
      ],
      exports: [Readiness],
    };
  }
}
