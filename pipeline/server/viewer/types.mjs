// Generates api-types.ts and defaults.ts from openapi.json: `node types.mjs FOLDER`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTypescript, { astToString } from "openapi-typescript";
import prettier from "prettier";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
if (!folder) throw new Error("say where to: node types.mjs FOLDER");
const description = JSON.parse(readFileSync(join(here, "openapi.json"), "utf8"));

/** The default of each parameter that has one, by operation. */
function defaultsOf({ paths }) {
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const byOperation = operations.map(({ operationId, parameters = [] }) => {
    const values = parameters.map(({ name, schema }) => [name, schema.default]);
    return [operationId, Object.fromEntries(values.filter(([, value]) => value !== undefined))];
  });
  return Object.fromEntries(byOperation.filter(([, values]) => Object.keys(values).length));
}

async function write(name, text) {
  const config = await prettier.resolveConfig(join(here, "src", name));
  writeFileSync(
    join(folder, name),
    await prettier.format(text, { ...config, parser: "typescript" }),
  );
}

await write(
  "api-types.ts",
  `// Types of the server's questions and answers. Generated from openapi.json: npm run types.

${astToString(await openapiTypescript(description))}`,
);
await write(
  "defaults.ts",
  `// What the server assumes of a parameter that is left out. Generated from openapi.json: npm run types.

/** Default of each parameter that has one, by operation. */
export const DEFAULTS = ${JSON.stringify(defaultsOf(description))} as const;
`,
);
