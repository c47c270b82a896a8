import prettier from 'prettier';
import { spec } from '../../api/v1alpha1/schema/spec.js';
import { status } from '../../api/v1alpha1/schema/status.js';
import { renderTypes } from './types.js';

/** Every generated file: path from the root of the repository, and what it must contain. */
export async function generated(): Promise<ReadonlyMap<string, string>> {
  const style = { printWidth: 120, singleQuote: true, trailingComma: 'all' } as const;
  return new Map([
    ['api/v1alpha1/types.gen.ts', await prettier.format(renderTypes(spec, status), { ...style, parser: 'typescript' })],
  ]);
}
