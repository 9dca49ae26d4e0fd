import { defineConfig } from "vite";

// Django renders the pages and looks the hashed names up in dist/.vite/manifest.json; Vite only builds what they link to.
export default defineConfig({
  base: "/static/",
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
      input: {
        visitor: "src/visitor.ts",
        console: "src/console.ts",
        platform: "src/platform.ts",
      },
    },
  },
});
