// What the server assumes of a parameter that is left out. Generated from openapi.json: npm run types.

/** Default of each parameter that has one, by operation. */
export const DEFAULTS = {
  annotations: { sort: "rank", offset: 0, limit: 50 },
  partners: {
    measure: "median_thresholded_cosine",
    fdr: 0.1,
    limit: 20,
    minScore: 0.3,
    normalization: "none",
  },
  pair_matrix: {
    measure: "median_thresholded_cosine",
    fdr: 0.1,
    limit: 200,
    normalization: "none",
  },
  score: { measure: "median_thresholded_cosine", limit: 20, minScore: 0.3 },
  mz_image: { colormap: "viridis", hotspot: 0.99, normalization: "none" },
  mz_pixels: { normalization: "none" },
  segments: { fdr: 0.1 },
  mean_spectrum: { columns: 1000, fdr: 0.1, normalization: "none" },
  region_spectrum: { columns: 1000, fdr: 0.1, normalization: "none" },
  unexplained: { fdr: 0.1, limit: 50 },
  image: { colormap: "viridis", hotspot: 0.99, normalization: "none" },
  pixels: { isotope: 0, normalization: "none" },
  drawn_markers: { fdr: 0.1, limit: 1000, normalization: "none" },
  shared: { fdr: 0.1, limit: 1000 },
  spectrum: { fdr: 0.1, normalization: "none", limit: 10000 },
} as const;
