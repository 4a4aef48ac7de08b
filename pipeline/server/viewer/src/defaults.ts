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
  segments: { fdr: 0.1 },
  mean_spectrum: { columns: 1000, fdr: 0.1 },
  region_spectrum: { columns: 1000, fdr: 0.1 },
  unexplained: { fdr: 0.1, limit: 50 },
  image: { colormap: "viridis", hotspot: 0.99, normalization: "none" },
  pixels: { isotope: 0 },
  drawn_markers: { fdr: 0.1, limit: 1000, normalization: "none" },
  shared: { fdr: 0.1, limit: 1000 },
  spectrum: { fdr: 0.1, limit: 10000 },
} as const;
