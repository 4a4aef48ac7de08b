// Builds the viewer: `node build.mjs FOLDER`, or its tests: `node build.mjs --tests FOLDER`.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const isTests = process.argv[2] === "--tests";
const out = process.argv[isTests ? 3 : 2];
if (!out) throw new Error("say where to: node build.mjs FOLDER");
mkdirSync(out, { recursive: true });

if (isTests) {
  rmSync(out, { recursive: true });
  const tests = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => join(here, "test", name)),
    bundle: true,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    outdir: out,
  });
} else {
  await build({
    entryPoints: [join(here, "src/viewer.ts"), join(here, "src/viewer.css")],
    bundle: true,
    minify: true,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    outdir: out,
  });
  for (const name of ["index.html", "icon.svg"])
    copyFileSync(join(here, "src", name), join(out, name));
}
