import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  // Relative, so that any STATIC_URL works.
  base: "./",
  build: {
    outDir: "../builder/static/builder",
    emptyOutDir: true,
    // Not in the default .vite/: collectstatic passes by folders that begin with a dot.
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["src/main.tsx", "src/styles/page.css"] },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    environment: "node",
    // The graph core is pure: every line and every branch of it is run by a test. The components beside it are not of it.
    coverage: {
      provider: "v8",
      include: ["src/graph/**/*.ts"],
      reporter: [["text", { skipFull: true }]],
      thresholds: { 100: true },
    },
  },
});
