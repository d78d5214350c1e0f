import type { ResultOf } from '../../shared/contract/index.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { errorTable } from '../../shared/errors.js';
import { VERSION } from '../../shared/version.js';

/** The contract as an OpenRPC 1.x document (spec.open-rpc.org). */
export async function openRpcDocument(): Promise<ResultOf<'rpc.discover'>> {
  // Loaded when somebody asks: no other method needs it.
  const { toJsonSchema } = await import('@valibot/to-json-schema');
  const schemaOf = (schema: Parameters<typeof toJsonSchema>[0], typeMode: 'input' | 'output'): object => {
    const { $schema, ...rest } = toJsonSchema(schema, { errorMode: 'ignore', typeMode });
    return rest;
  };
  const method = (name: MethodName): object => {
    const { summary, params, result } = contract[name];
    return {
      name,
      summary,
      paramStructure: 'either',
      params: Object.entries(params.entries).map(([param, schema]) => ({
        name: param,
        required: schema.type !== 'optional',
        schema: schemaOf(schema, 'input'),
      })),
      result: { name: `${name}_result`, schema: schemaOf(result, 'output') },
    };
  };
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Sigilforge',
      version: VERSION,
      description: 'JSON-RPC 2.0 over a Unix socket or a named pipe, one JSON value a line.',
    },
    methods: methodNames.map(method),
    components: {
      errors: Object.fromEntries(
        Object.entries(errorTable).map(([kind, entry]) => [kind, errorOf(kind, entry)]),
      ),
    },
  };
}

function errorOf(kind: string, { code, hint }: { code: number; hint: string }): object {
  return { code, message: kind, data: { kind, hint } };
}
