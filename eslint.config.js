import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const noStarExport = { selector: 'ExportAllDeclaration', message: 'Name what you export; no `export *`.' };
const noErasedDto = {
  selector:
    "ImportDeclaration[importKind='type'] > ImportSpecifier[imported.name=/Dto$/], ImportSpecifier[importKind='type'][imported.name=/Dto$/]",
  message: 'A DTO imported as a type is erased at run time: ValidationPipe and Swagger would silently skip it.',
};

export default defineConfig(
  globalIgnores(['dist', 'coverage', 'openapi', 'libs/*/assembly']),
  js.configs.recommended,
  // Plain JavaScript runs on Node as it is; what it leaves out is found by running it.
  { files: ['**/*.mjs', '**/*.js'], rules: { 'no-undef': 'off' } },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Nest takes plain objects where its types name option classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-restricted-syntax': ['error', noStarExport],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read the environment in config.ts only.' },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
      complexity: ['error', 12],
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  // The page: handlers are arrows that return nothing, and what a component draws is one function.
  {
    files: ['web/**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }] },
  },
  { files: ['web/**/*.tsx'], rules: { 'max-lines-per-function': ['error', { max: 90, skipBlankLines: true }] } },
  { files: ['**/*.controller.ts'], rules: { 'no-restricted-syntax': ['error', noStarExport, noErasedDto] } },
  // Configuration is read in main.ts and config.ts only; tests and benches start processes of their own.
  {
    files: ['**/config.ts', 'apps/*/src/main.ts', '**/*spec.ts', 'test/**', 'bench/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*spec.ts', '**/*.contract.ts', '**/testing/**', 'test/**'],
    rules: {
      'max-lines-per-function': 'off',
      // Bodies of answers are `any` in supertest, and a wrong guess fails the test anyway.
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
);
