import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Leaves each script, style and picture beside itself as .br and .gz: the server sends those, and compresses nothing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const folders = ["dist", "dist/assets"];
      for (const folder of folders) {
        for (const name of readdirSync(folder).filter((file) => /\.(js|css|svg)$/.test(file))) {
          const path = join(folder, name);
          const content = readFileSync(path);
          const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
          writeFileSync(`${path}.br`, brotli);
          writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        }
      }
    },
  };
}

// Django renders the pages and looks the hashed names up in dist/.vite/manifest.json; Vite only builds what they link to.
export default defineConfig({
  base: "/static/",
  plugins: [compressed()],
  publicDir: "public",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    cssCodeSplit: true,
    // The CSP allows no inline script, and every browser in the target preloads modules by itself.
    modulePreload: { polyfill: false },
    // Nothing becomes a data: URL: the CSP names 'self' only.
    assetsInlineLimit: 0,
    target: ["chrome111", "edge111", "firefox114", "safari16.4"],
    rolldownOptions: {
      preserveEntrySignatures: "exports-only",
      input: {
        visitor: "src/visitor.ts",
        handover: "src/handover.ts",
        // Loaded by an address that stands in the page: Vite's own helper for that is half as big as the chat itself.
        assistant: "src/assistant.ts",
        console: "src/console.ts",
        dashboard: "src/dashboard/main.tsx",
        platform: "src/platform.ts",
        admin: "src/admin.ts",
      },
    },
  },
});
