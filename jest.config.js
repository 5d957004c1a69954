/** One transform for every suite: ts-jest keeps ES modules and emits the decorator metadata Nest needs. */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['reflect-metadata'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^@tracer/([^/]+)$': '<rootDir>/libs/$1/src/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    // Types are checked once for the whole tree by `npm run typecheck`, not again per test file.
    '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }],
  },
};

const suite = (displayName, testMatch, more = {}) => ({
  ...base,
  displayName,
  testMatch: [testMatch].flat().map((pattern) => `<rootDir>/${pattern}`),
  ...more,
});

export default {
  // A hang is what a time limit is for; a busy machine is not one.
  testTimeout: 60_000,
  projects: [
    suite('unit', ['{apps,libs}/**/*.spec.ts', 'web/{src,build}/**/*.spec.ts', 'test/deploy/**/*.spec.ts']),
    suite('medium', '{apps,libs}/**/*.medium-spec.ts'),
    suite('e2e', 'test/e2e/**/*.e2e-spec.ts'),
    suite('system', 'test/system/**/*.system-spec.ts'),
    suite('host', 'test/host/**/*.host-spec.ts'),
    suite('faults', 'test/faults/**/*.fault-spec.ts'),
    suite('lab', 'test/lab/**/*.lab-spec.ts'),
    suite('web', 'test/web/**/*.web-spec.ts'),
  ],
  coverageProvider: 'v8',
  collectCoverageFrom: ['{apps,libs}/*/src/**/*.ts', '!**/*spec.ts', '!**/testing/**', '!**/index.ts', '!**/main.ts'],
};
