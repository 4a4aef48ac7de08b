// Types of the server's questions and answers. Generated from openapi.json: npm run types.

export interface paths {
  "/api/v1/annotations": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Annotations that match all that is asked for, a page at a time. */
    get: operations["annotations"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/colocalization": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The ions that lie together with one, best first: what `metaspace coloc --ion` says. */
    get: operations["partners"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/colocalization/matrix": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Scores of all pairs of ions: what `metaspace coloc --matrix` writes. */
    get: operations["pair_matrix"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/colocalization/score": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Compares images that the body holds: scores of all pairs, or the partners of one. Bodies are JSON, an array for NumPy (images × pixels, or images × rows × columns), or an Arrow table with a column `image` of lists and perhaps one `name`. NaN or null is no pixel, in all images alike. */
    post: operations["score"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The datasets, and what can be asked of them. */
    get: operations["datasets"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/candidates": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Ions of molecules that were measured near an m/z, annotated or not, and why not. */
    get: operations["candidates"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/mz/{mz}.png": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The image of a window of m/z as PNG: the intensities of all peaks within it, added up in each pixel. It is made of the peaks that the run kept, or else of the imzML and ibd files that the results were made of, if they are still there, which takes as long as reading them. */
    get: operations["mz_image"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/mz/{mz}/errors": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How far peaks of a window are from its m/z in each pixel that has some: measured less theoretical m/z, in ppm, weighted by intensity. */
    get: operations["mz_errors"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/mz/{mz}/pixels": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The numbers of the image of a window of m/z: the pixels that have a signal. */
    get: operations["mz_pixels"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/optical": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The optical image of a dataset, and where it lies: `optical.json` of the results folder. */
    get: operations["optical"];
    /** Keeps where the optical image of a dataset lies, in `optical.json` of the results folder. A server that was started with `--read-only` refuses. */
    put: operations["keep_placement"];
    post?: never;
    /** Takes the optical image of a dataset away. A server that was started with `--read-only` refuses. */
    delete: operations["remove_optical"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/optical/picture": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The picture of a dataset's optical image, of at most 4,096 pixels a side. */
    get: operations["optical_picture"];
    /** Puts a picture beside the results of a dataset in place of the one that there was, as large as fits into the ion images: PNG, JPEG, TIFF, BMP or WebP. A server that was started with `--read-only` refuses. */
    put: operations["keep_picture"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/regions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The regions that were drawn in a dataset, as GeoJSON in pixels: `regions.geojson` of the results folder. */
    get: operations["regions"];
    /** Keeps regions in place of those that there were, in `regions.geojson` of the results folder. A server that was started with `--read-only` refuses. */
    put: operations["keep_regions"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/segments": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The tissue in segments: pixels grouped by their ions, as `metaspace coloc --segment` does. */
    get: operations["segments"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/spectrum": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The mean spectrum of all pixels, drawn in columns. A range that is narrower than the bins of the mean spectrum is drawn from the peaks that the run kept, if it did. */
    get: operations["mean_spectrum"];
    put?: never;
    /** The mean spectrum of the pixels of regions, drawn in columns. It is made of the peaks that the run kept, or else of the imzML and ibd files that the results were made of, if they are still there. */
    post: operations["region_spectrum"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/tissue": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The outline of the tissue: where the leading ions are, or what the mask of the run says. */
    get: operations["tissue"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/datasets/{id}/unexplained": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The most intense peaks of the mean spectrum that no isotope of an annotated ion explains. */
    get: operations["unexplained"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/experiments/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The report of an experiment: one page of HTML that needs nothing else. */
    get: operations["report"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/files/{name}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A table of the results as it is. Ranges are answered, so that a reader of Parquet takes what it needs. */
    get: operations["file"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/ions/{ion}/images/{isotope}.png": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** An isotopic image of an ion as PNG, a pixel a pixel; places without a spectrum are transparent. */
    get: operations["image"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/ions/{ion}/pixels": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The numbers of an isotopic image: the pixels that have a signal, as the results have them. */
    get: operations["pixels"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/markers": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** The ions that lie inside of regions rather than outside: what `metaspace coloc --markers` says. Regions are polygons or pixels as JSON, or what the command line takes: GeoJSON in pixels, a PNG of the size of the dataset, or a CSV with x, y and perhaps region. */
    post: operations["drawn_markers"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/shared": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Which ions the datasets have in common, and which only some of them have. */
    get: operations["shared"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/spectra/{x},{y}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The spectrum of a pixel, and which of its peaks annotated ions explain. It is read from the imzML and ibd files that the results were made of, if they are still there. */
    get: operations["spectrum"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description An annotation as `annotations.parquet` has it. */
    Annotation: {
      /** @description Modification, loss and adduct as one text. */
      adduct: string;
      /** @description Molecule table. */
      database: string;
      /**
       * Format: double
       * @description False discovery rate, 0 to 1.
       */
      fdr: number;
      /** @description Formula of the neutral molecule. */
      formula: string;
      /** @description Formula, adduct and sign of the charge: the id of the ion. */
      ion: string;
      /** @description Formula of the ion. */
      ionFormula: string;
      /** @description Whether its formula is entrapment. */
      isEntrapment: boolean;
      /** @description Other annotations whose first windows overlap. */
      isobars: string[];
      /** @description Other annotations that are the same ion. */
      isomers: string[];
      /** @description Theoretical intensity of each isotope; the largest is 100. */
      isotopeIntensity: number[];
      /** @description Theoretical m/z of each isotope, in Th; 0 where there is none. */
      isotopeMz: number[];
      /** @description Mean measured m/z of each isotope, in Th; the theoretical one where there is no image. */
      isotopeMzMean: number[];
      /** @description Sum of each isotopic image; 0 of an absent one. */
      isotopeTotalIntensity: number[];
      /** @description Ion of the MALDI matrix that it may be, or null. */
      matrixIon?: string | null;
      /**
       * Format: double
       * @description Largest intensity of the first image.
       */
      maxIntensity: number;
      /** @description Their classes, empty where not known. */
      moleculeClasses: string[];
      /** @description Their identifiers. */
      moleculeIds: string[];
      /** @description Names of the molecules it may be. */
      moleculeNames: string[];
      /**
       * Format: double
       * @description Metabolite-signal match, 0 to 1.
       */
      msm: number;
      /**
       * Format: double
       * @description Theoretical m/z of the first isotope, in Th.
       */
      mz: number;
      /**
       * Format: double
       * @description Measured less theoretical m/z of the first isotope, in ppm.
       */
      mzErrPpm: number;
      /**
       * Format: int32
       * @description Pixels of the first image with signal.
       */
      nPixels: number;
      /**
       * Format: double
       * @description Probability that it lies off the tissue, 0 to 1; null where no slide is seen around it.
       */
      offSample?: number | null;
      /**
       * Format: double
       * @description Posterior error probability: the chance that this one is false, 0 to 1.
       */
      pep: number;
      /**
       * Format: double
       * @description Structure of the first image.
       */
      rhoChaos: number;
      /**
       * Format: double
       * @description Correlation of the isotopic images with the first.
       */
      rhoSpatial: number;
      /**
       * Format: double
       * @description Likeness of the isotopic pattern.
       */
      rhoSpectral: number;
      /**
       * Format: double
       * @description By what it is ranked, 0 to 1.
       */
      score: number;
      /**
       * Format: double
       * @description Sum of the first image.
       */
      totalIntensity: number;
    };
    /** @description A page of annotations. */
    AnnotationPage: {
      /** @description Id of the dataset. */
      dataset: string;
      /** @description Annotations of the dataset. */
      nAll: number;
      /** @description Annotations that match. */
      nMatching: number;
      /** @description Rows before the page. */
      offset: number;
      /** @description The page. */
      rows: components["schemas"]["Annotation"][];
    };
    /** @description What was searched for near an m/z. */
    CandidateAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /** @description Ions that were measured there, the nearest first; at most 200. */
      ions: components["schemas"]["CandidateRow"][];
      /**
       * Format: double
       * @description m/z in Th.
       */
      mz: number;
      /**
       * Format: double
       * @description Distance in ppm, to each side.
       */
      ppm: number;
    };
    /** @description An ion of a molecule that was measured. */
    CandidateRow: {
      /**
       * Format: double
       * @description Lowest FDR at which it is annotated; null where it is not.
       */
      fdr?: number | null;
      /** @description The annotated ion; null where it is not. */
      ion?: string | null;
      /** @description Formula of the ion. */
      ionFormula: string;
      /**
       * Format: double
       * @description Metabolite-signal match.
       */
      msm: number;
      /**
       * Format: double
       * @description m/z of the ion made of the most abundant isotopes, in Th.
       */
      mz: number;
      /**
       * Format: int32
       * @description Pixels of the first image with signal.
       */
      nPixels: number;
      /** @description What came of it. */
      outcome: components["schemas"]["Outcome"];
      /** @description As what it was ranked; empty where it was not. */
      targets: components["schemas"]["TargetRow"][];
    };
    /**
     * @description What the file is.
     * @enum {string}
     */
    CollectionType: "FeatureCollection";
    /** @description Results that some ions are annotated in, and no others. */
    Combination: {
      /** @description Ions that are annotated in each of them and nowhere else. */
      nIons: number;
      /** @description Names of the results. */
      results: string[];
    };
    /** @description What was compared, and how. */
    Comparison: {
      /**
       * Format: double
       * @description FDR up to which ions were compared.
       */
      fdr: number;
      /** @description Name of the measure. */
      measure: string;
      /** @description Number of ions. */
      nIons: number;
      /** @description By what intensities were divided: `none`, `tic`, `rms`, `median`, `ion=ION` or `mz=MZ`. */
      normalization: string;
      /** @description Width and height of the images before they were scaled down; nothing if they were not. */
      scaledFrom?: number[] | null;
      /** @description Width and height after. */
      scaledTo?: number[] | null;
    };
    Corner: number[];
    /** @description What is served, and what can be asked of it. */
    DatasetList: {
      /** @description Colours of the channels of a composite. */
      channelColors: string[];
      /** @description Colormaps, and the colours of each at steps of a sixteenth, from the lowest level. */
      colormaps: {
        [key: string]: string[];
      };
      /** @description The datasets, in the order of the command line. */
      datasets: components["schemas"]["DatasetRow"][];
      /** @description Ids of the experiments whose reports are served. */
      experiments: string[];
      /** @description Whether the server writes nothing: regions that are drawn are not kept. */
      isReadOnly: boolean;
      /** @description Measures of co-localization. */
      measures: string[];
      /** @description Program and version. */
      program: string;
    };
    /** @description A dataset and its results. */
    DatasetRow: {
      /** @description Adducts of the annotations. */
      adducts: string[];
      /** @description Annotations up to each FDR. */
      annotationsAtFdr: components["schemas"]["FdrCount"][];
      /** @description Classes of their molecules, where the molecule tables have some. */
      classes: string[];
      /** @description Molecule tables of the annotations. */
      databases: string[];
      /** @description Whether the run kept its peaks, so that images of any m/z take milliseconds. */
      hasPeaks: boolean;
      /**
       * Format: int32
       * @description Rows of the bounding box.
       */
      height: number;
      /** @description Id in the parameter `dataset`: the name of the results folder. */
      id: string;
      /** @description Lowest and highest m/z of the spectra. */
      mzRange?: number[] | null;
      /** @description Annotations. */
      nAnnotations: number;
      /**
       * Format: int32
       * @description Isotopic images of an ion.
       */
      nIsotopes: number;
      /** @description Pixels that have a spectrum. */
      nPixels: number;
      /** @description Name of the imzML file without extension. */
      name: string;
      /** @description Width and height of a pixel in µm. */
      pixelSizeUm?: number[] | null;
      /** @description Its planes, from top to bottom of the image. */
      planes: components["schemas"]["PlaneRow"][];
      /**
       * Format: double
       * @description Half-width of the m/z windows in ppm.
       */
      ppm: number;
      /** @description By what annotations are ranked. */
      rankedBy: components["schemas"]["RankedBy"];
      /** @description UUID of the dataset. */
      uuid?: string | null;
      /** @description What the run tolerated. */
      warnings: string[];
      /**
       * Format: int32
       * @description Columns of the bounding box.
       */
      width: number;
    };
    /** @description Regions that were drawn. */
    Drawing: {
      /** @description The regions, at most 32. */
      regions: components["schemas"]["DrawnRegion"][];
    };
    /** @description A region: a polygon or pixels, one of them. */
    DrawnRegion: {
      /**
       * @description Its name.
       * @default region
       */
      name: string;
      /** @description Column and row of each pixel, from 0. */
      pixels?: components["schemas"]["PixelPlace"][];
      /** @description Corners in pixels: the pixel at column x and row y reaches from (x, y) to (x + 1, y + 1), and is inside if its middle is, by the even–odd rule. */
      polygon?: components["schemas"]["Corner"][];
    };
    /** @description A peak that an annotated ion explains. */
    ExplainedPeak: {
      /**
       * Format: double
       * @description Measured less theoretical m/z, in ppm.
       */
      errorPpm: number;
      /**
       * Format: double
       * @description False discovery rate of the annotation.
       */
      fdr: number;
      /**
       * Format: float
       * @description Its intensity.
       */
      intensity: number;
      /** @description The ion. */
      ion: string;
      /** @description Which of its isotopes, from 0. */
      isotope: number;
      /** @description The likeliest molecule that it may be; null where none has a name. */
      moleculeName?: string | null;
      /**
       * Format: double
       * @description m/z as measured, in Th.
       */
      mz: number;
      /**
       * Format: double
       * @description m/z as it should be.
       */
      theoreticalMz: number;
    };
    /** @description An ion that explains peaks. */
    ExplainingIon: {
      /** @description The ion. */
      ion: string;
      /** @description The likeliest molecule that it may be; null where none has a name. */
      moleculeName?: string | null;
    };
    /** @description Annotations up to an FDR. */
    FdrCount: {
      /**
       * Format: double
       * @description The FDR.
       */
      fdr: number;
      /** @description How many. */
      n: number;
    };
    /**
     * @description What a member of the collection is.
     * @enum {string}
     */
    FeatureType: "Feature";
    Intensity: null | number;
    /** @description Images as JSON. */
    JsonStack: {
      /**
       * Format: int32
       * @description Rows of an image.
       */
      height?: number | null;
      /** @description One list of intensities an image, row by row, all of the same length; null where there is no pixel. */
      images: components["schemas"]["Intensity"][][];
      /** @description Names of the images, which must differ. */
      names?: string[];
      /**
       * Format: int32
       * @description Columns of an image.
       */
      width?: number | null;
    };
    /** @description The markers of regions. */
    MarkerAnswer: components["schemas"]["Comparison"] & {
      /** @description The regions. */
      regions: components["schemas"]["RegionRow"][];
    };
    /** @description How well an ion marks a region. */
    MarkerRow: {
      /**
       * Format: double
       * @description Chance that a pixel inside has a higher intensity than one outside.
       */
      auc: number;
      /**
       * Format: double
       * @description Share of the pixels inside that have a signal.
       */
      coverageInside: number;
      /**
       * Format: double
       * @description Share of the pixels outside that have a signal.
       */
      coverageOutside: number;
      /** @description The ion. */
      ion: string;
      /**
       * Format: double
       * @description log2 of mean intensity inside over outside; nothing where a mean is 0.
       */
      log2FoldChange?: number | null;
      /**
       * Format: double
       * @description Mean intensity inside.
       */
      meanInside: number;
      /**
       * Format: double
       * @description Mean intensity outside.
       */
      meanOutside: number;
      /** @description Molecules it may be. */
      moleculeNames: string[];
    };
    /** @description Scores of all pairs. */
    MatrixAnswer: components["schemas"]["Comparison"] & {
      /** @description The ions, best first: rows and columns. */
      ions: string[];
      /** @description Rows in the order in which a heat map shows ions that lie together side by side. */
      leaves: number[];
      /** @description Scores; the first of a pair is the row. */
      scores: number[][];
    };
    /** @description A mean spectrum. */
    MeanAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /** @description Place in `ions` of the ion that explains each peak; null of the others. */
      explainedBy: (number | null)[];
      /** @description Their mean intensities over the pixels. */
      intensity: number[];
      /** @description The ions that explain peaks. */
      ions: components["schemas"]["ExplainingIon"][];
      /** @description Isotope of that ion, from 0; null of the others. */
      isotope: (number | null)[];
      /** @description m/z of the peaks in Th, ascending, weighted by intensity. */
      mz: number[];
      /** @description Lowest and highest m/z of the whole spectrum, in Th; null where it has no peak. */
      mzRange?: number[] | null;
      /** @description Pixels whose mean it is. */
      nPixels: number;
      /** @description From what the peaks were made. */
      resolution: components["schemas"]["Resolution"];
    };
    /** @description How far peaks are from an m/z. */
    MzErrorAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /** @description Measured less theoretical m/z in each pixel, in ppm. */
      errorPpm: number[];
      /**
       * Format: int32
       * @description Rows of the bounding box.
       */
      height: number;
      /**
       * Format: double
       * @description m/z in Th.
       */
      mz: number;
      /**
       * Format: double
       * @description Mass tolerance in ppm, to each side.
       */
      ppm: number;
      /**
       * Format: int32
       * @description Columns of the bounding box.
       */
      width: number;
      /** @description Column of each pixel that has a peak. */
      x: number[];
      /** @description Row of each pixel. */
      y: number[];
    };
    /** @description The pixels that have a signal in a window of m/z. */
    MzPixelAnswer: components["schemas"]["PixelPlaces"] & {
      /** @description Id of the dataset. */
      dataset: string;
      /**
       * Format: double
       * @description m/z in Th.
       */
      mz: number;
      /**
       * Format: double
       * @description Mass tolerance in ppm, to each side.
       */
      ppm: number;
    };
    /** @description The optical image of a dataset. */
    OpticalAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      optical?: components["schemas"]["OpticalRow"] | null;
    };
    /** @description An optical image. */
    OpticalRow: {
      /**
       * Format: int32
       * @description Rows of that file.
       */
      height: number;
      /** @description Name of the file that it came from. */
      name: string;
      /** @description Where it lies: the six numbers a, b, c, d, e, f of x = a·u + c·v + e, y = b·u + d·v + f, from its pixels (u, v) to those of the ion images (x, y). */
      placement: number[];
      /**
       * Format: int32
       * @description Columns of that file.
       */
      width: number;
    };
    /**
     * @description What came of an ion that was measured.
     * @enum {string}
     */
    Outcome: "annotated" | "noPattern" | "noStructure" | "explained" | "fragment" | "likeDecoys";
    /** @description The partners of an ion. */
    PartnerList: components["schemas"]["Comparison"] & {
      /** @description Whether its image has signal above the background. */
      hasSignal: boolean;
      /** @description The ion. */
      ion: string;
      /** @description Its partners, best first. */
      partners: components["schemas"]["PartnerRow"][];
    };
    /** @description An ion that lies with another. */
    PartnerRow: {
      /**
       * Format: double
       * @description Its lowest FDR.
       */
      fdr: number;
      /** @description The ion. */
      ion: string;
      /** @description Molecules it may be. */
      moleculeNames: string[];
      /**
       * Format: double
       * @description Its score with the other.
       */
      score: number;
    };
    /** @description The pixels of an image that have a signal. */
    PixelAnswer: components["schemas"]["PixelPlaces"] & {
      /** @description Id of the dataset. */
      dataset: string;
      /** @description The ion. */
      ion: string;
      /**
       * Format: int32
       * @description The isotope, from 0.
       */
      isotope: number;
    };
    PixelPlace: number[];
    /** @description The pixels of an image that have a signal. */
    PixelPlaces: {
      /**
       * Format: int32
       * @description Rows of the bounding box.
       */
      height: number;
      /** @description Its intensity. */
      intensity: number[];
      /**
       * Format: int32
       * @description Columns of the bounding box.
       */
      width: number;
      /** @description Column of each pixel. */
      x: number[];
      /** @description Row of each pixel. */
      y: number[];
    };
    /** @description Where an optical image lies. */
    PlacementBody: {
      /** @description The six numbers, see the answer. */
      placement: number[];
    };
    /** @description A plane of a dataset, which is some rows of its image. */
    PlaneRow: {
      /**
       * Format: int32
       * @description Its rows.
       */
      height: number;
      /**
       * Format: int32
       * @description Its first row in the image.
       */
      top: number;
      /**
       * Format: int32
       * @description Its z in the imzML.
       */
      z: number;
    };
    /** @description A problem as it is sent. */
    Problem: {
      /** @description What is wrong in this case. */
      detail: string;
      /** @description What may help. */
      hint?: string | null;
      /**
       * Format: int32
       * @description Status of the answer.
       */
      status: number;
      /** @description What kind of problem it is. */
      title: string;
      /** @description Where the kind of problem is described, relative to the server. */
      type: string;
    };
    /**
     * @description By what annotations are ranked.
     * @enum {string}
     */
    RankedBy: "msm" | "adaptive" | "model";
    /** @description A region. */
    RegionFeature: {
      /** @description Where it is. */
      geometry: components["schemas"]["RegionGeometry"];
      /** @description What it is called. */
      properties?: components["schemas"]["RegionProperties"];
      /** @description `Feature`. */
      type: components["schemas"]["FeatureType"];
    };
    /**
     * @description Where a region is. Its pixels are those whose middle lies within, by the even–odd rule over all
     *     rings.
     */
    RegionGeometry:
      | {
          /** @description An outline, and those of its holes. */
          coordinates: number[][][];
          /** @enum {string} */
          type: "Polygon";
        }
      | {
          /** @description Several of them. */
          coordinates: number[][][][];
          /** @enum {string} */
          type: "MultiPolygon";
        };
    /** @description What a region is called, and how it is drawn. */
    RegionProperties: {
      /**
       * @description Its colour as `#rrggbb`; white where there is none.
       * @default null
       */
      color: string;
      /**
       * @description Its name; `region` where there is none.
       * @default null
       */
      name: string;
    };
    /** @description The markers of a region. */
    RegionRow: {
      /** @description Ions by falling AUC. */
      markers: components["schemas"]["MarkerRow"][];
      /** @description Name of the region. */
      region: string;
    };
    /** @description The regions of a dataset. */
    RegionSet: {
      /** @description The regions. */
      features: components["schemas"]["RegionFeature"][];
      /** @description `FeatureCollection`. */
      type: components["schemas"]["CollectionType"];
    };
    /**
     * @description From what the peaks of an answer were made.
     * @enum {string}
     */
    Resolution: "bins" | "peaks";
    /** @description What came of images that were sent. */
    ScoreAnswer: {
      /** @description Name of the measure. */
      measure: string;
      /** @description The images: rows and columns. */
      names: string[];
      /** @description Partners of the image that was asked for, best first. */
      partners?: components["schemas"]["ScoredImage"][];
      /** @description Scores of all pairs, the first of a pair is the row; nothing if partners were asked for. */
      scores?: number[][];
    };
    /** @description An image that lies with another. */
    ScoredImage: {
      /** @description Its name. */
      name: string;
      /**
       * Format: float
       * @description Its score.
       */
      score: number;
    };
    /** @description Pixels grouped by their ions. */
    SegmentAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /**
       * Format: int32
       * @description Rows of the bounding box.
       */
      height: number;
      /** @description Segment of each place of the bounding box, row by row, from 1; 0 where there is no spectrum. */
      segments: number[];
      /** @description Pixels of each segment. */
      sizes: number[];
      /**
       * Format: int32
       * @description Columns of the bounding box.
       */
      width: number;
    };
    /** @description An ion, and what each of the results says of it. */
    SharedIon: {
      /** @description Modification, loss and adduct as one text. */
      adduct: string;
      /** @description Its lowest FDR in each of the results; null where it is not annotated at any FDR below 1. */
      fdr: (number | null)[];
      /** @description Formula of the neutral molecule. */
      formula: string;
      /** @description Formula, adduct and sign of the charge. */
      ion: string;
      /** @description Names of the molecules that it may be. */
      moleculeNames: string[];
      /**
       * Format: double
       * @description Theoretical m/z of the first isotope, in Th.
       */
      mz: number;
      /** @description Its score there. */
      score: (number | null)[];
    };
    /** @description Ions that are annotated in any of some results. */
    SharedIons: {
      /** @description How many ions have exactly these results in common, those of most results first. */
      combinations: components["schemas"]["Combination"][];
      /**
       * Format: double
       * @description FDR up to which an ion counts as annotated.
       */
      fdr: number;
      /** @description The ions: those of most results first, then by the best FDR. */
      ions: components["schemas"]["SharedIon"][];
      /** @description The results, in the order in which they were given. */
      results: string[];
    };
    /** @description The spectrum of a pixel. */
    SpectrumAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /** @description Those of them that annotated ions explain. */
      explained: components["schemas"]["ExplainedPeak"][];
      /** @description Their intensities. */
      intensity: number[];
      /** @description m/z of the peaks that were asked for, in Th, ascending. */
      mz: number[];
      /** @description Peaks of the whole spectrum. */
      nPeaks: number;
      /**
       * Format: double
       * @description Sum of their intensities.
       */
      tic: number;
      /**
       * Format: int32
       * @description Column, from 0.
       */
      x: number;
      /**
       * Format: int32
       * @description Row, from 0.
       */
      y: number;
    };
    /** @description A molecule and adduct that an ion was ranked as. */
    TargetRow: {
      /** @description The adduct. */
      adduct: string;
      /** @description Molecule table. */
      database: string;
      /** @description Formula of the molecule. */
      formula: string;
      /** @description Formula of the ion whose fragment it is taken for; null where it is none. */
      fragmentOf?: string | null;
      /**
       * Format: double
       * @description By what it was ranked; 0 is not ranked.
       */
      score: number;
    };
    /** @description Where the tissue is. */
    TissueAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /**
       * Format: int32
       * @description Rows of the bounding box.
       */
      height: number;
      /**
       * @description Lengths of the runs of places row by row that are not tissue and are, in turns; null where no
       *     slide is seen around the tissue.
       */
      runs?: number[] | null;
      /**
       * Format: int32
       * @description Columns of the bounding box.
       */
      width: number;
    };
    /** @description Peaks that no annotated ion explains. */
    UnexplainedAnswer: {
      /** @description Id of the dataset. */
      dataset: string;
      /**
       * Format: double
       * @description FDR up to which ions explain peaks.
       */
      fdr: number;
      /** @description The peaks, the most intense first. */
      peaks: components["schemas"]["UnexplainedPeak"][];
    };
    /** @description A peak of the mean spectrum that no annotated ion explains. */
    UnexplainedPeak: {
      /**
       * Format: double
       * @description Mean intensity over all pixels.
       */
      intensity: number;
      /**
       * Format: double
       * @description m/z in Th, weighted by intensity.
       */
      mz: number;
      /** @description Pixels that have it; null where peaks were not kept. */
      nPixels?: number | null;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  annotations: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description Highest FDR. */
        fdr?: number;
        /** @description Text that the ion, a molecule's name or its identifier contains, in letters of any size. */
        q?: string;
        /** @description The adduct, such as `+Na`; the plus sign is written `%2B` in an address. */
        adduct?: string;
        /** @description The molecule table. */
        database?: string;
        /** @description Class of one of the molecules, such as `PC`. */
        class?: string;
        /** @description Lowest m/z in Th. */
        mzMin?: number;
        /** @description Highest m/z in Th. */
        mzMax?: number;
        /** @description m/z in Th from which rows are sorted, the nearest first, in place of `sort`. */
        mzNear?: number;
        /** @description Lowest metabolite-signal match. */
        msmMin?: number;
        /** @description Only what lies on the tissue rather than off it, and is no ion of the matrix. */
        onSample?: boolean;
        /** @description Column to sort by, with `-` before it from the largest: rank, ion, adduct, database, mz, msm, score, fdr, mzErrPpm, nPixels, maxIntensity, totalIntensity. */
        sort?: string;
        /** @description Rows before the page. */
        offset?: number;
        /** @description Rows of the page, 1 to 1,000. */
        limit?: number;
        /** @description JSON, or all rows that match as CSV. */
        format?: "json" | "csv";
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page, or all rows as CSV */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AnnotationPage"];
          "text/csv; charset=utf-8": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  partners: {
    parameters: {
      query: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description The ion, with or without the sign of its charge, such as `C40H80NO8P+K`; the plus sign is written `%2B` in an address. */
        ion: string;
        /** @description Measure: `median_thresholded_cosine`, `cosine`, `tfidf_cosine`, `pearson`, `smooth_pearson`, `spearman`, `ssim`, `jaccard`, `dice`, `manders_m1`, `manders_m2`, `nmi`. */
        measure?: string;
        /** @description FDR up to which ions are compared. */
        fdr?: number;
        /** @description Partners at most, 1 to 10,000. */
        limit?: number;
        /** @description Least score of a partner. */
        minScore?: number;
        /** @description Precision of the images. */
        preset?: "default" | "metaspace";
        /** @description By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`). */
        normalization?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The partners */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PartnerList"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  pair_matrix: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description Measure: `median_thresholded_cosine`, `cosine`, `tfidf_cosine`, `pearson`, `smooth_pearson`, `spearman`, `ssim`, `jaccard`, `dice`, `manders_m1`, `manders_m2`, `nmi`. */
        measure?: string;
        /** @description FDR up to which ions are compared. */
        fdr?: number;
        /** @description Ions at most, the best, 1 to 2,000. */
        limit?: number;
        /** @description Precision of the images. */
        preset?: "default" | "metaspace";
        /** @description By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`). */
        normalization?: string;
        /** @description JSON with names, or the bare numbers for NumPy. */
        format?: "json" | "npy";
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The matrix */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MatrixAnswer"];
          "application/x-npy": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  score: {
    parameters: {
      query?: {
        /** @description Measure: `median_thresholded_cosine`, `cosine`, `tfidf_cosine`, `pearson`, `smooth_pearson`, `spearman`, `ssim`, `jaccard`, `dice`, `manders_m1`, `manders_m2`, `nmi`. */
        measure?: string;
        /** @description Precision of the images. */
        preset?: "default" | "metaspace";
        /** @description Columns of an image, where the body does not say it. */
        width?: number;
        /** @description Rows of an image, where the body does not say it. */
        height?: number;
        /** @description Name or number, from 0, of the image whose partners are wanted instead of the matrix. */
        image?: string;
        /** @description Partners at most, 1 to 10,000. */
        limit?: number;
        /** @description Least score of a partner. */
        minScore?: number;
        /** @description JSON with names, or the bare matrix for NumPy. */
        format?: "json" | "npy";
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description The images */
    requestBody: {
      content: {
        "application/json": components["schemas"]["JsonStack"];
        "application/vnd.apache.arrow.file": string;
        "application/vnd.apache.arrow.stream": string;
        "application/x-npy": string;
      };
    };
    responses: {
      /** @description Scores or partners */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ScoreAnswer"];
          "application/x-npy": string;
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body took too long to arrive */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The request is too large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is of a type that is not read */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  datasets: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All datasets */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DatasetList"];
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  candidates: {
    parameters: {
      query: {
        /** @description m/z in Th. */
        mz: number;
        /** @description Distance in ppm, to each side; that of the annotation where nothing is said. */
        ppm?: number;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The ions */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["CandidateAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  mz_image: {
    parameters: {
      query?: {
        /** @description Mass tolerance in ppm, to each side; that of the annotation where nothing is said. */
        ppm?: number;
        /** @description Colours: viridis, magma, inferno, cividis, grey, each with `-reversed` after it for the other way; or grey16 for levels of 16 bits. */
        colormap?: string;
        /** @description How colours follow intensities. */
        scale?: "linear" | "sqrt" | "log" | "rank";
        /** @description Quantile at which hotspots are clipped; 1 clips nothing. */
        hotspot?: number;
        /** @description By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`). */
        normalization?: string;
        /** @description Longer side of the picture at most: a larger image is scaled down by means over squares of 2, 3, … pixels. */
        maxSide?: number;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
        /** @description m/z in Th */
        mz: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The image */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          /** @description Intensity of the brightest colour */
          "metaspace-ceiling"?: number;
          [name: string]: unknown;
        };
        content: {
          "image/png": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  mz_errors: {
    parameters: {
      query?: {
        /** @description Mass tolerance in ppm, to each side; that of the annotation where nothing is said. */
        ppm?: number;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
        /** @description m/z in Th */
        mz: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The pixels */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MzErrorAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  mz_pixels: {
    parameters: {
      query?: {
        /** @description Mass tolerance in ppm, to each side; that of the annotation where nothing is said. */
        ppm?: number;
        /** @description By what intensities are divided before, as those of pictures. */
        normalization?: string;
        /** @description JSON, CSV, or an array for NumPy. */
        format?: "json" | "csv" | "npy";
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
        /** @description m/z in Th */
        mz: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The pixels */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MzPixelAnswer"];
          "application/x-npy": string;
          "text/csv; charset=utf-8": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  optical: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The optical image */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OpticalAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  keep_placement: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    /** @description Where it lies */
    requestBody: {
      content: {
        "application/json": components["schemas"]["PlacementBody"];
      };
    };
    responses: {
      /** @description The optical image */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OpticalAnswer"];
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body took too long to arrive */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The request is too large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is of a type that is not read */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  remove_optical: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description No optical image */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OpticalAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  optical_picture: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The picture */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "image/jpeg": string;
          "image/png": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  keep_picture: {
    parameters: {
      query?: {
        /** @description Name of the file, to be shown. */
        name?: string;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    /** @description The picture */
    requestBody: {
      content: {
        "application/octet-stream": string;
        "image/bmp": string;
        "image/jpeg": string;
        "image/png": string;
        "image/tiff": string;
        "image/webp": string;
      };
    };
    responses: {
      /** @description The optical image */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OpticalAnswer"];
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body took too long to arrive */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The request is too large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is of a type that is not read */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  regions: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The regions */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/geo+json": components["schemas"]["RegionSet"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  keep_regions: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    /** @description All regions of the dataset */
    requestBody: {
      content: {
        "application/geo+json": components["schemas"]["RegionSet"];
      };
    };
    responses: {
      /** @description The regions as they are kept */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/geo+json": components["schemas"]["RegionSet"];
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body took too long to arrive */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The request is too large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is of a type that is not read */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  segments: {
    parameters: {
      query?: {
        /** @description Segments, 1 to 64; the number up to 10 with the lowest BIC where nothing is said. */
        n?: number;
        /** @description FDR up to which ions are looked at. */
        fdr?: number;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The segments */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SegmentAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  mean_spectrum: {
    parameters: {
      query?: {
        /** @description Lowest m/z in Th; that of the dataset where nothing is said. */
        mzMin?: number;
        /** @description Highest m/z in Th; that of the dataset where nothing is said. */
        mzMax?: number;
        /** @description Columns into which the range is cut, 1 to 10,000; each has one peak at most. */
        columns?: number;
        /** @description Highest FDR of the ions that explain peaks. */
        fdr?: number;
        /** @description By what intensities are divided before, as those of images; it needs kept peaks, or the dataset. */
        normalization?: string;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The spectrum */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MeanAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  region_spectrum: {
    parameters: {
      query?: {
        /** @description Lowest m/z in Th; that of the dataset where nothing is said. */
        mzMin?: number;
        /** @description Highest m/z in Th; that of the dataset where nothing is said. */
        mzMax?: number;
        /** @description Columns into which the range is cut, 1 to 10,000; each has one peak at most. */
        columns?: number;
        /** @description Highest FDR of the ions that explain peaks. */
        fdr?: number;
        /** @description By what intensities are divided before, as those of images; it needs kept peaks, or the dataset. */
        normalization?: string;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    /** @description The regions, in pixels */
    requestBody: {
      content: {
        "application/geo+json": components["schemas"]["RegionSet"];
      };
    };
    responses: {
      /** @description The spectrum */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MeanAnswer"];
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body took too long to arrive */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The request is too large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is of a type that is not read */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  tissue: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The tissue */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["TissueAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  unexplained: {
    parameters: {
      query?: {
        /** @description Highest FDR of the ions that explain peaks. */
        fdr?: number;
        /** @description Peaks at most, 1 to 1,000. */
        limit?: number;
      };
      header?: never;
      path: {
        /** @description Id of the dataset */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The peaks */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["UnexplainedAnswer"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  report: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id of the experiment: the name of its folder */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The report */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "text/html": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  file: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
      };
      header?: never;
      path: {
        /** @description Name of the file: annotations.csv, annotations.parquet, candidates.parquet, colocalization.parquet, ion_images.parquet, ion_metrics.parquet, mean_spectrum.parquet, pixels.parquet, run.json (whose paths are names), sample_ions.parquet */
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": unknown;
          "application/vnd.apache.parquet": string;
          "text/csv; charset=utf-8": string;
        };
      };
      /** @description The part of it that was asked for */
      206: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/vnd.apache.parquet": string;
          "text/csv; charset=utf-8": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The file has no such bytes */
      416: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  image: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description Colours: viridis, magma, inferno, cividis, grey, each with `-reversed` after it for the other way; or grey16 for levels of 16 bits. */
        colormap?: string;
        /** @description How colours follow intensities. */
        scale?: "linear" | "sqrt" | "log" | "rank";
        /** @description Quantile at which hotspots are clipped; 1 clips nothing. */
        hotspot?: number;
        /** @description By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`). */
        normalization?: string;
        /** @description Longer side of the picture at most: a larger image is scaled down by means over squares of 2, 3, … pixels. */
        maxSide?: number;
      };
      header?: never;
      path: {
        /** @description The ion, as `ion` of an annotation, percent-encoded */
        ion: string;
        /** @description Which isotope, from 0 */
        isotope: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The image */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          /** @description Intensity of the brightest colour */
          "metaspace-ceiling"?: number;
          [name: string]: unknown;
        };
        content: {
          "image/png": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  pixels: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description Which isotope, from 0. */
        isotope?: number;
        /** @description By what intensities are divided before, as those of pictures. */
        normalization?: string;
        /** @description JSON, CSV, or an array for NumPy. */
        format?: "json" | "csv" | "npy";
      };
      header?: never;
      path: {
        /** @description The ion, as `ion` of an annotation, percent-encoded */
        ion: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The pixels */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PixelAnswer"];
          "application/x-npy": string;
          "text/csv; charset=utf-8": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  drawn_markers: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description FDR up to which ions are looked at. */
        fdr?: number;
        /** @description Markers of a region at most, 1 to 100,000. */
        limit?: number;
        /** @description By what intensities are divided before: the ion current of their pixel (`tic`), its root mean square (`rms`), the median of the annotated ions there (`median`), or the intensity there of an ion (`ion=ION`) or of a window of m/z (`mz=MZ`). */
        normalization?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description The regions */
    requestBody: {
      content: {
        "application/geo+json": components["schemas"]["RegionSet"];
        "application/json": components["schemas"]["Drawing"];
        "image/png": string;
        "text/csv": string;
      };
    };
    responses: {
      /** @description Markers of each region */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MarkerAnswer"];
        };
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body took too long to arrive */
      408: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The request is too large */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is of a type that is not read */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  shared: {
    parameters: {
      query?: {
        /** @description FDR up to which an ion counts as annotated. */
        fdr?: number;
        /** @description Ions that are listed at most, those of most results first; all are counted. */
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The ions of all datasets */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SharedIons"];
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  spectrum: {
    parameters: {
      query?: {
        /** @description Id of the dataset; may be left out where there is one. */
        dataset?: string;
        /** @description Highest FDR of the ions that explain peaks. */
        fdr?: number;
        /** @description Lowest m/z in Th. */
        mzMin?: number;
        /** @description Highest m/z in Th. */
        mzMax?: number;
        /** @description By what intensities are divided before, as those of images. */
        normalization?: string;
        /** @description Peaks at most, 1 to 100,000: the most intense ones. */
        limit?: number;
        /** @description JSON, or the peaks as CSV. */
        format?: "json" | "csv";
      };
      header?: never;
      path: {
        /** @description Column, from 0 */
        x: number;
        /** @description Row, from 0 */
        y: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The spectrum */
      200: {
        headers: {
          /** @description Tells this answer from every other */
          ETag?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SpectrumAnswer"];
          "text/csv; charset=utf-8": string;
        };
      };
      /** @description The client has it already */
      304: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A parameter cannot be understood; The body cannot be understood */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing here; No dataset has this id; No annotated ion has this name; There is no such image; No spectrum lies here; The spectra are not at hand */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server has another name */
      421: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description This cannot be computed */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server failed */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The server is busy */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The work takes too long */
      504: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
}
