import { describe, expect, it } from '@jest/globals';
import { mergeDocuments } from './merge-documents.js';

const own = {
  openapi: '3.0.0',
  info: { title: 'tracer', version: '1', description: 'All of it.' },
  paths: { '/v1/pods': { get: { responses: {} } }, '/health': { get: { summary: 'ours', responses: {} } } },
  components: { schemas: { PodDto: { type: 'object' } } },
};

const service = {
  paths: {
    '/api/v1/files': {
      get: {
        operationId: 'FilesController_list',
        tags: ['files'],
        responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/PodDto' } } } } },
      },
    },
    '/health': { get: { summary: 'theirs' } },
  },
  components: {
    schemas: { PodDto: { properties: { tags: { type: 'array' }, next: { $ref: '#/components/schemas/PodDto' } } } },
    parameters: { limit: { name: 'limit' } },
  },
};
const files = { service: 'indexer', document: service, owns: (path: string) => path.startsWith('/api/v1/files') };

describe('mergeDocuments', () => {
  it('takes what is reached through the gateway and keeps equal names apart', () => {
    const merged = mergeDocuments(own, [files], []);
    expect(merged.paths).toEqual({
      ...own.paths,
      '/api/v1/files': {
        get: {
          operationId: 'indexer.FilesController_list',
          tags: ['indexer: files'],
          responses: {
            200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/indexer.PodDto' } } } },
          },
        },
      },
    });
    expect(merged.components).toEqual({
      schemas: {
        PodDto: { type: 'object' },
        'indexer.PodDto': {
          properties: { tags: { type: 'array' }, next: { $ref: '#/components/schemas/indexer.PodDto' } },
        },
      },
      parameters: { 'indexer.limit': { name: 'limit' } },
    });
    expect(merged.info.description).toBe('All of it.');
  });

  it('names what is missing', () => {
    const merged = mergeDocuments(own, [], [{ service: 'span-api', problem: 'no answer within 2000 ms' }]);
    expect(merged.info.description).toBe(
      'All of it.\n\nThe routes of span-api are missing here: no answer within 2000 ms.',
    );
    expect(merged.paths).toEqual(own.paths);
  });

  it.each([null, 7, [], { paths: 'x', components: [] }, { paths: { '/api/v1/files': null } }])(
    'survives a document that is %j',
    (document) => {
      expect(Object.keys(mergeDocuments(own as never, [{ ...files, document }], []).paths)).toEqual(
        expect.arrayContaining(['/v1/pods', '/health']),
      );
    },
  );
});
