/** Renders the CustomResourceDefinition: the schema as Kubernetes wants it, and on its nodes the rules that CEL can say. */
import { stringify } from 'yaml';
import { group, version } from '../../api/names.js';
import { rules } from '../../api/rules/index.js';
import type { CelRule } from '../../api/rules/rule.js';
import type { Json, Schema } from '../../api/schema.js';
import { etcdClusterKind, etcdClusterSchema, printerColumns } from '../../api/v1alpha1/etcd-cluster.js';
import { schemaAt } from '../../api/validate/schema.js';

type Rendered = { readonly [key: string]: Json };

/** One entry of x-kubernetes-validations, with the place it stands on. */
export interface Validation {
  readonly rule: string;
  readonly on: readonly string[];
  readonly body: Rendered;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
const zero = (schema: Schema | undefined): string =>
  schema?.type === 'integer' ? '0' : schema?.type === 'boolean' ? 'false' : "''";

/** Passes where nothing that the rule reads was changed: `reads` of a rule that stands on a node with more in it. */
function tolerant(cel: CelRule, root: Schema): string {
  const node = schemaAt(root, cel.on);
  const same = (cel.reads ?? []).map((path) => {
    const steps = path.split('.');
    const given = steps.map((_, index) => `has(self.${steps.slice(0, index + 1).join('.')})`).join(' && ');
    const old = `oldSelf.?${steps.join('.?')}`;
    return `(${given} ? ${old}.orValue(${zero(node && schemaAt(node, steps))}) == self.${path} : !${old}.hasValue())`;
  });
  return `(oldSelf.hasValue() && ${same.join(' && ')}) || (${cel.rule})`;
}

function render(id: string, sentence: string, cel: CelRule, root: Schema): Rendered {
  const suffix = ` (rule ${id})`;
  const optional = cel.reads !== undefined || cel.rule.includes('oldSelf.hasValue()');
  return {
    rule: cel.reads ? tolerant(cel, root) : cel.rule,
    message: (cel.message ?? sentence) + suffix,
    ...(cel.messageExpression ? { messageExpression: `(${cel.messageExpression}) + ${quoted(suffix)}` } : {}),
    ...(cel.reason ? { reason: cel.reason } : {}),
    ...(cel.fieldPath ? { fieldPath: cel.fieldPath } : {}),
    ...(optional ? { optionalOldSelf: true } : {}),
  };
}

export function validations(root: Schema = etcdClusterSchema): readonly Validation[] {
  return rules.flatMap((rule) =>
    'cel' in rule && rule.cel
      ? rule.cel.map((cel) => ({ rule: rule.id, on: cel.on, body: render(rule.id, rule.sentence, cel, root) }))
      : [],
  );
}

const ours = new Set(['title', 'x-derived', 'x-derived-when', 'x-reserved', 'x-hint']);

/** A node without our own marks, with its rules, and with a description that ends in its default. */
function node(schema: Schema, path: readonly string[], all: readonly Validation[]): Rendered {
  const here = all
    .filter((validation) => validation.on.join('/') === path.join('/'))
    .map((validation) => validation.body);
  const kept = Object.entries(schema).filter(([key]) => !ours.has(key)) as [string, Json][];
  const rest: Rendered = Object.fromEntries(kept);
  const derived = schema['x-derived'] ?? schema['x-derived-when'];
  return {
    ...rest,
    ...(schema.description ? { description: schema.description + (derived ? `\n\nDefault: ${derived}.` : '') } : {}),
    ...(schema['x-kubernetes-int-or-string'] ? { anyOf: [{ type: 'integer' }, { type: 'string' }] } : {}),
    ...(schema.properties ? { properties: properties(schema.properties, path, all) } : {}),
    ...(schema.items ? { items: node(schema.items, [...path, '[]'], all) } : {}),
    ...(schema.additionalProperties
      ? { additionalProperties: node(schema.additionalProperties, [...path, '*'], all) }
      : {}),
    ...(here.length > 0 ? { 'x-kubernetes-validations': here } : {}),
  };
}

const properties = (
  all: Readonly<Record<string, Schema>>,
  path: readonly string[],
  rendered: readonly Validation[],
): Rendered =>
  Object.fromEntries(Object.entries(all).map(([key, child]) => [key, node(child, [...path, key], rendered)]));

function rootNode(): Rendered {
  const body = node(etcdClusterSchema, [], validations());
  const standard = {
    apiVersion: { type: 'string', description: `Version of the schema: ${group}/${version}.` },
    kind: { type: 'string', description: 'The kind: EtcdCluster.' },
    metadata: { type: 'object', properties: { name: { type: 'string' } } },
  };
  return { ...body, properties: { ...standard, ...(body['properties'] as Rendered) } };
}

export function renderCRD(): string {
  const { kind, listKind, plural, singular, shortNames, categories } = etcdClusterKind;
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind, plural, singular, shortNames, categories },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: printerColumns,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.size',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          schema: { openAPIV3Schema: rootNode() },
        },
      ],
    },
  };
  return `# Generated by tools/generate.ts from api/v1alpha1 and api/rules. Do not edit.\n${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

export const renderKustomization = (): string =>
  [
    '# Generated by tools/generate.ts. Do not edit.',
    'apiVersion: kustomize.config.k8s.io/v1beta1',
    'kind: Kustomization',
    'resources:',
    `- ${group}_${etcdClusterKind.plural}.yaml`,
    '',
  ].join('\n');
