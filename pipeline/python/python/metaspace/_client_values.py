"""What METASPACE's client hands out: metadata, molecule tables, isotopic images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metaspace._missing import needed


class Metadata(dict[str, Any]):
    """What is known of a dataset, under METASPACE's headings."""

    @property
    def json(self) -> dict[str, Any]:
        """The same as a plain dictionary."""
        return dict(self)


class MolecularDB:
    """A molecule table of a run."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info

    @property
    def id(self) -> int:
        """Its place in the run, from 1."""
        number: int = self.info["id"]
        return number

    @property
    def name(self) -> str:
        """Its file name without extension."""
        return str(self.info["name"])

    @property
    def version(self) -> str:
        """The first digits of the hash of its file."""
        return str(self.info["version"])

    def __getitem__(self, item: str) -> Any:
        return self.info[item]

    def __repr__(self) -> str:
        return f"<{self.id}:{self.name}:{self.version}>"


class IsotopeImages:
    """The isotopic images of an ion, by m/z.

    Items are arrays of shape (height, width), or `None` of an absent image that is not scaled.
    """

    def __init__(
        self,
        images: list[Any],
        sf: str,
        chem_mod: str,
        neutral_loss: str,
        adduct: str,
        centroids: list[float],
        urls: list[None],
    ) -> None:
        self._images = images
        self.formula = self._sf = sf
        self.chem_mod = chem_mod
        self.neutral_loss = neutral_loss
        self.adduct = self._adduct = adduct
        self._centroids = centroids
        self._urls = urls

    def __getitem__(self, index: int) -> Any:
        return self._images[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)

    def __bool__(self) -> bool:
        return len(self._images) > 0

    def __repr__(self) -> str:
        return f"IsotopeImages({self.formula}{self.chem_mod}{self.neutral_loss}{self.adduct})"

    def peak(self, index: int) -> float:
        """Theoretical m/z of an image, in Th."""
        return self._centroids[index]

    def plot(self, n_images: int = -1) -> None:
        """Draw the images side by side with matplotlib."""
        plt = needed("matplotlib.pyplot", "IsotopeImages.plot", "client")
        n_drawn = min(n_images, len(self)) if n_images > 0 else len(self)
        for place in range(n_drawn):
            plt.subplot(1, len(self), place + 1)
            plt.title(f"{self.peak(place):.4f}")
            plt.axis("off")
            if self[place] is not None:
                plt.imshow(self[place], interpolation="none", cmap="viridis")
