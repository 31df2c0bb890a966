"""ICO: the largest picture of an icon is read; never written."""

from imgcluster.picture.formats._embedded import largest_of_icon
from imgcluster.picture.formats._format import Format

FORMAT = Format(
    name="ICO",
    endings=(".ico",),
    signatures=({0: b"\0\0\1\0"},),
    plugin="Ico",
    largest=largest_of_icon,
    read_only_because="ICO is only read; write a .png for each size instead",
)
