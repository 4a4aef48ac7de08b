"""Writes tests/data/coloc-reference.tsv: images, and what scipy, scikit-learn and scikit-image make
of each pair of them.

    pip install numpy scipy scikit-learn scikit-image
    python tests/python/coloc_reference.py > tests/data/coloc-reference.tsv

Versions that made the committed file stand in its first line. Images are clipped at their 99th
percentile; the median threshold and the 3 × 3 median filter are numpy's and scipy's.
"""

import warnings
from importlib.metadata import version

import numpy as np
from scipy.ndimage import gaussian_filter, median_filter
from scipy.stats import pearsonr, spearmanr
from skimage.metrics import structural_similarity
from sklearn.metrics import f1_score, jaccard_score, normalized_mutual_info_score
from sklearn.metrics.pairwise import cosine_similarity

WIDTH, HEIGHT = 14, 12
PACKAGES = ("numpy", "scipy", "scikit-learn", "scikit-image")


def images():
    """Soft regions, a sparse image, one with ties, a hotspot, one without gaps."""
    random = np.random.default_rng(20)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    disc = np.exp(-((x - 4) ** 2 + (y - 5) ** 2) / 12)
    other = np.exp(-((x - 9) ** 2 + (y - 6) ** 2) / 20)
    noise = lambda: random.random((HEIGHT, WIDTH))
    made = [
        disc + 0.3 * noise() - 0.2,
        disc + 0.5 * noise() - 0.3,
        other + 0.4 * noise() - 0.3,
        np.where(noise() < 0.15, noise(), 0),
        np.floor(4 * (disc + other) * noise()),
        disc + 50 * (x == 12) * (y == 3),
        0.1 + other + 0.1 * noise(),
        np.where(x < 7, 1.0, 0.0) * (1 + noise()),
    ]
    return [np.round(1000 * np.maximum(image, 0)).astype(np.float64) for image in made]


def clipped(image):
    return np.minimum(image, np.quantile(image, 0.99))


def thresholded(image):
    return np.where(image < np.quantile(image, 0.5), 0, image)


def smooth(image):
    return median_filter(thresholded(image), 3)


def blurred(image):
    return gaussian_filter(image, 1.5, truncate=3.5, mode="reflect")


def cosine(a, b):
    return cosine_similarity([a.ravel()], [b.ravel()])[0, 0]


def ssim(a, b):
    a, b = a / a.max(), b / b.max()
    settings = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    _, full = structural_similarity(a, b, data_range=1, full=True, **settings)
    return full.mean()


def manders(a, b):
    return a[b > 0].sum() / a.sum()


def scores(a, b, weights):
    ta, tb, sa, sb = thresholded(a), thresholded(b), smooth(a), smooth(b)
    ma, mb = ta.ravel() > 0, tb.ravel() > 0
    return {
        "cosine": cosine(a, b),
        "median_thresholded_cosine": cosine(sa, sb),
        "tfidf_cosine": cosine(a * weights, b * weights),
        "pearson": pearsonr(sa.ravel(), sb.ravel())[0],
        "spearman": spearmanr(sa.ravel(), sb.ravel())[0],
        "smooth_pearson": pearsonr(blurred(a).ravel(), blurred(b).ravel())[0],
        "ssim": ssim(a, b),
        "jaccard": jaccard_score(ma, mb),
        "dice": f1_score(ma, mb),
        "manders_m1": manders(ta, tb),
        "manders_m2": manders(tb, ta),
        "nmi": normalized_mutual_info_score(ma, mb),
    }


def main():
    raw = images()
    print("#", WIDTH, HEIGHT, *(f"{name} {version(name)}" for name in PACKAGES), sep="\t")
    for i, image in enumerate(raw):
        print("image", i, *(int(value) for value in image.ravel()), sep="\t")
    prepared = [clipped(image) for image in raw]
    n_with = sum((image > 0).astype(int) for image in raw)
    weights = np.log2(len(raw) / np.maximum(n_with, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i, a in enumerate(prepared):
            for j, b in enumerate(prepared):
                if i != j:
                    for name, score in scores(a, b, weights).items():
                        print(name, i, j, f"{score:.9f}", sep="\t")


main()
