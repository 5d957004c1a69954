import type { Provider } from '@nestjs/common';
import { FileCatalogue } from '../catalogue/file-catalogue.js';
import type { TraceIndexerConfig } from '../config.js';
import { StorageService } from './storage.service.js';

export function storageProvider({ root, indexDirectory }: Readonly<TraceIndexerConfig>): Provider {
  return {
    provide: StorageService,
    inject: [FileCatalogue],
    useFactory: (files: FileCatalogue) => new StorageService(files, { traces: root, indexes: indexDirectory ?? root }),
  };
}
