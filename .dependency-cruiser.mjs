/** What each lib may import, from pure to impure. A lib absent from its own row does not exist for it. */
const MAY_IMPORT = {
  base: [],
  'span-model': ['base'],
  'trace-index': ['base', 'span-model'],
  'trace-hooks': ['base', 'span-model'],
  pods: ['base'],
  storage: ['base', 'span-model'],
  dtos: ['base', 'span-model'],
  'service-kit': ['base', 'span-model'],
  'storage-postgres': ['base', 'span-model', 'storage'],
};
const PURE = ['base', 'span-model', 'trace-index', 'trace-hooks', 'pods', 'storage'];
/** The one file of a pure lib that may know an npm package: its adapter. */
const ADAPTERS = [
  '^libs/pods/src/cri-client\\.ts$',
  '^libs/trace-index/src/membership-filter\\.ts$',
  '^libs/trace-index/src/export/parquet\\.ts$',
];
const TESTS = '(-spec|\\.spec|\\.contract)\\.ts$';
const alt = (names) => `(${names.join('|')})`;
const onlyIn = (what, module, ...files) => ({
  name: `${what}-only-in-its-place`,
  severity: 'error',
  from: { path: '^(apps|libs)/', pathNot: [...files, TESTS] },
  to: { path: module },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(apps|libs)/', pathNot: [TESTS, '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'apps-talk-over-http',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    { name: 'lib-to-app', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'enter-a-lib-by-its-index',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^$1/$2/', '^libs/[^/]+/src/index\\.ts$', '^libs/[^/]+/src/testing/'] },
    },
    {
      name: 'never-import-your-own-index',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/.+' },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },
    {
      name: 'test-code-stays-in-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [TESTS, '/testing/'] },
      to: { path: ['^test/', TESTS, '/testing/'] },
    },
    {
      name: 'pure-libs-know-no-framework',
      severity: 'error',
      from: { path: `^libs/${alt(PURE)}/`, pathNot: [...ADAPTERS, TESTS, '/testing/'] },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-peer'] },
    },
    {
      name: 'controllers-only-translate',
      severity: 'error',
      from: { path: '\\.controller\\.ts$' },
      to: { path: '^libs/', pathNot: '^libs/(dtos|service-kit)/' },
    },
    {
      name: 'the-page-knows-the-services-by-http-only',
      severity: 'error',
      from: { path: '^web/' },
      // Patterns are matched in the page by the very code that the agents match with.
      to: { path: '^(apps|libs|bench)/', pathNot: '^libs/pods/src/(glob|match-containers|pod)\\.ts$' },
    },
    {
      name: 'the-lane-engine-knows-no-framework',
      severity: 'error',
      from: { path: '^web/src/lanes/', pathNot: TESTS },
      to: { path: ['node_modules/', '^web/src/(shell|design|router|files|sessions|spans|dm|features)/'] },
    },
    onlyIn('typeorm', 'node_modules/(typeorm|pg)/', '^libs/storage-postgres/'),
    onlyIn(
      'process-spawning',
      '^(node:)?child_process$',
      '^libs/trace-hooks/src/external/hook-process\\.ts$',
      '^apps/tracer/src/',
    ),
    ...Object.entries(MAY_IMPORT).map(([lib, allowed]) => ({
      name: `${lib}-imports-${allowed.join('+') || 'nothing'}`,
      severity: 'error',
      from: { path: `^libs/${lib}/` },
      to: { path: '^libs/', pathNot: `^libs/${alt([lib, ...allowed])}/` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
