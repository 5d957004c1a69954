import { Inject, Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Metrics, Readiness, type AppContext } from '@tracer/service-kit';
import { TraceIndexes } from '@tracer/trace-index';
import { AnalysisController } from './analysis/analysis.controller.js';
import { AnalysisService } from './analysis/analysis.service.js';
import { registerCatalogueMetrics } from './catalogue/catalogue-metrics.js';
import { FileAccess } from './catalogue/file-access.js';
import { FileCatalogue } from './catalogue/file-catalogue.js';
import { readerFactory } from './catalogue/open-reader.js';
import type { TraceIndexerConfig } from './config.js';
import { EventStream } from './events/event-stream.js';
import { EventsController } from './events/events.controller.js';
import { ExportController } from './export/export.controller.js';
import { ExportService } from './export/export.service.js';
import { FilesController } from './files/files.controller.js';
import { FilesService } from './files/files.service.js';
import { StorageController } from './storage/storage.controller.js';
import { storageProvider } from './storage/storage.provider.js';
import { VizAnalysis } from './viz/viz-analysis.js';
import { VizEvents } from './viz/viz-events.js';
import { VizController } from './viz/viz.controller.js';

@Module({})
export class TraceIndexerModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(FileCatalogue) private readonly catalogue: FileCatalogue,
    @Inject(TraceIndexes) private readonly indexes: TraceIndexes,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  static forRoot({ config, log }: AppContext<TraceIndexerConfig>): DynamicModule {
    const indexes = (): TraceIndexes =>
      new TraceIndexes({
        indexDirectory: config.indexDirectory,
        threads: config.executorThreads,
        cacheBytes: config.cacheMb * 1e6,
        log,
      });
    const catalogue = (from: TraceIndexes): FileCatalogue =>
      new FileCatalogue({
        root: config.root,
        openAtATime: config.executorThreads,
        rescanMs: config.rescanMs,
        open: readerFactory(from),
        log,
      });
    return {
      module: TraceIndexerModule,
      controllers: [
        FilesController,
        EventsController,
        VizController,
        AnalysisController,
        ExportController,
        StorageController,
      ],
      providers: [
        { provide: TraceIndexes, useFactory: indexes },
        { provide: FileCatalogue, inject: [TraceIndexes], useFactory: catalogue },
        { provide: FileAccess, inject: [FileCatalogue], useFactory: (files: FileCatalogue) => new FileAccess(files) },
        {
          provide: FilesService,
          inject: [FileCatalogue, FileAccess],
          useFactory: (files: FileCatalogue, access: FileAccess) => new FilesService(files, access),
        },
        storageProvider(config),
        { provide: EventStream, inject: [FileAccess], useFactory: (access: FileAccess) => new EventStream(access) },
        {
          provide: VizAnalysis,
          inject: [FileAccess],
          useFactory: (access: FileAccess) => new VizAnalysis(access),
        },
        {
          provide: AnalysisService,
          inject: [FileAccess],
          useFactory: (access: FileAccess) => new AnalysisService(access),
        },
        {
          provide: ExportService,
          inject: [FileAccess, EventStream],
          useFactory: (access: FileAccess, stream: EventStream) => new ExportService(access, stream),
        },
        {
          provide: VizEvents,
          inject: [FileAccess, EventStream],
          useFactory: (access: FileAccess, stream: EventStream) => new VizEvents(access, stream),
        },
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    this.readiness.add({ name: 'trace files', problem: () => Promise.resolve(this.#problem()) });
    registerCatalogueMetrics(this.metrics, this.catalogue);
    await this.catalogue.start();
  }

  #problem(): string | undefined {
    const left = this.catalogue.stillIndexing;
    if (this.catalogue.problem !== undefined || left === 0) return this.catalogue.problem;
    return `${left} of ${this.catalogue.known.length} files are still being indexed`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.catalogue.stop();
    await this.indexes.close();
  }
}
