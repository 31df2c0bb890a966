"""Many pictures in one call: parameters checked, the folder locked, the run planned."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from imgcluster.batch._inputs import AnyPath, Search, natural_key
from imgcluster.batch._plan import Plan
from imgcluster.batch._run import Books, FolderRun
from imgcluster.batch._wish import Wish, choose_search, find, make
from imgcluster.batch.executors import Executor, check_workers, choose_executor
from imgcluster.files import place, status
from imgcluster.parameters import check_flag
from imgcluster.picture import limits
from imgcluster.tasks import Writing

if TYPE_CHECKING:
    from imgcluster.batch.state import FolderLease, FolderLock


def process_folder(
    inputs: AnyPath | Iterable[AnyPath],
    task: str = "quantize",
    output_dir: AnyPath = "outputs",
    *,
    parameters: Mapping[str, Any] | None = None,
    format: str = "png",
    style: str | None = None,
    extras: Mapping[str, str] | None = None,
    own_psnr: bool = False,
    recursive: bool = False,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    files_from: AnyPath | BinaryIO | None = None,
    output: AnyPath | None = None,
    force: bool = False,
    resume: bool | None = None,
    skip_if_larger: bool | None = None,
    name: str | None = None,
    in_place: bool = False,
    backup: bool = False,
    preserve: bool = False,
    strip: bool = False,
    optimize: int = 1,
    scratch: AnyPath | None = None,
    n_jobs: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
    timeout: float | None = None,
    executor: str | Executor | None = None,
    fail_fast: bool = False,
    progress: bool = False,
) -> FolderRun:
    """Apply a task to many pictures on all processors: resumable, with a result for every file.

    Parameters
    ----------
    inputs : path or iterable of paths
        Files, and folders of PNG, JPEG, WebP, GIF, TIFF, BMP, PNM, AVIF, JPEG 2000, PSD, TGA and ICO files. Hidden
        files are left out, linked folders walked once, pictures of formats that are not read counted. URLs are taken,
        too, such as ``s3://bucket/photos``, with the extra ``imgcluster[cloud]`` and the package that fsspec needs for
        them (s3fs, gcsfs, adlfs).
    task : {"quantize", "superpixels", "segment"}
        What to do with each.
    output_dir : path
        Folder of the outputs, NAME-quantized.png and so on. The folders below an input folder are mirrored; of several
        input folders the names too. It is not walked when it is inside one of them. It may be a URL.
    parameters : mapping, optional
        Parameters of the task's function by name, such as ``{"n_colors": 64}``; not `n_threads`. For superpixels also
        ``{"merge": 50}``: those that differ least are joined, as by `Segmentation.merge`. For segments with a table
        also those of `Segmentation.to_table`: percentiles, band_names, and layers, by path, where ``{name}`` stands for
        the name of the input; with annotations the classes of `Segmentation.save_annotations`, by path.
    format : {"png", "webp", "gif", "tif", "bmp", "ppm"}
        Of the pictures; GIF only to quantize.
    style : {"overlay", "mosaic", "boundaries", "labels", "none"}, optional
        How segments are drawn; by default overlay for superpixels and mosaic for segments. With "none" there is no
        picture, and only the extras are written, as it is of volumes (``{"ndim": 3}``) in any case.
    extras : mapping, optional
        What else to write of segments, kind to ending: ``{"labels": ".npy", "table": ".csv", "geojson": ".geojson"}``
        gives NAME-labels.npy and so on; also "edges", "npz", "polygons" (.gpkg, ...), and annotations by their format:
        ``{"coco": ".json"}``. If nothing is kept for the next run, a file name may
        take the place of the ending, with ``{name}`` for that of the input, and ``{"masks": folder}`` gives gray masks
        of the clusters of a quantized picture.
    own_psnr : bool
        Whether to report, at twice the time, the PSNR each picture of up to 33 megapixels would have with a palette
        of its own, if `parameters` contains a palette. Files done before without it are redone, to the same bytes.
    recursive : bool
        Whether to walk subfolders.
    include, exclude : str or iterable of str
        Globs for what is found in folders: for names, or with a slash for paths below the folder (``**`` is any depth).
        An excluded folder is not walked.
    files_from : path or binary file object, optional
        A list of more files and URLs, one per line or separated by null bytes; - is standard input. Their folders are
        mirrored.
    output : path, optional
        The output of a single input, by name; its ending chooses the format. - is standard output, and among the
        inputs - is standard input.
    force : bool
        Whether to overwrite existing outputs.
    resume : bool, optional
        Whether to record in `output_dir` what is done, so that the next run resumes from there. This is the default for
        folders, for a list of files, and if `recursive` is true, but not for files that are named one by one.
    skip_if_larger : bool, optional
        Whether a quantized picture that would not be smaller than its input is left out, and the input kept, if it has
        the same format, or one for the web in place of a PNG. The input is then copied under the name of the output
        with its own ending, so that the outputs are complete; but for a single file nothing is written, except to
        standard output. This is the default for folders, lists of files and if `recursive` is true, unless the
        parameters hold a palette, a background or locked colors.
    name : str, optional
        How pictures are named below `output_dir`: a pattern such as ``"{stem}.png"``, which may hold {stem} and {ext}
        of the input's name, {parent}, the name of its folder, {k}, the number of colors, and {name}, a stem that tells
        inputs apart. Folders are mirrored unless {parent} is in it. Its ending chooses the format.
    in_place : bool
        Whether a picture replaces its original, if it is smaller or `skip_if_larger` is False. Nothing is recorded for
        the next run. JPEG files cannot be replaced; those found in folders are skipped.
    backup : bool
        Whether originals that are replaced are kept as NAME~; one that exists stays as it is.
    preserve : bool
        Whether outputs get the time of change and the mode of their inputs.
    strip : bool
        Whether to leave out the metadata (EXIF, XMP, resolution, text) that is kept where the format allows it.
    optimize : int
        How much to try for small PNGs of few colors, 0 to 3: see `imgcluster.picture.write_picture`.
    scratch : path, optional
        A folder for scratch files: superpixels of more than 33 megapixels, and of all pictures if it is given, need
        about 20 bytes a pixel there rather than in memory. By default it is that of the outputs.
    n_jobs : int, optional
        Worker processes, by default as many as processors. Each uses one thread, unless there are fewer files.
        With URLs each fetches and puts its own files: more workers than processors hide the latency. Files of
        ``memory://`` are processed in this process.
    max_pixels : int, optional
        The most pixels that a picture may have, as for `quantize`.
    max_memory : int, optional
        Bytes that the workers may take together, and so a single picture, estimated from headers; by default most of
        what is free, and 2**30 for a picture. For URLs pixels are guessed: four per byte of JPEG and WebP, one per byte
        of other formats.
    timeout : float, optional
        Seconds that one file may take.
    executor : str or object with a method ``run``, optional
        What does the work instead of local worker processes: ``"dask://HOST:PORT"`` is a Dask scheduler whose workers
        see the same files under the same paths (`imgcluster.batch.DaskWorkers`), an object an
        `imgcluster.batch.Executor`.
    fail_fast : bool
        Whether to start no new file once one has failed.
    progress : bool
        Whether to draw a bar while the results are taken, for a terminal or a notebook.

    Returns
    -------
    FolderRun
        An iterator of `FileResult`, one for each input. The work is done during iteration; it can be closed.

    Raises
    ------
    FolderBusyError
        If another run is writing into `output_dir`.
    ImageWriteError
        If `output_dir` cannot be written.
    ImageReadError
        If the list of files cannot be read, or the storage of a URL cannot be reached.
    WorkerError
        While iterating, if worker processes do not start; SchedulerError if a Dask scheduler cannot be reached.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind, of the task's function too.

    Notes
    -----
    Names of outputs that would collide (a.png and a.jpg, also where only some file systems take two names for one)
    keep the extension of the input: a.jpg-quantized.png. A file is done when its outputs were made from the same
    content with the same parameters by the same version and are there with the same size; the content is compared only
    when size or time of the input differ. Missing outputs are made, to the same bytes. What was made is
    recorded in hidden files ``.imgcluster-state*`` in `output_dir`; if it is found in a folder among other pictures, it
    is not an input. A file that fails, or kills or stops its worker, costs only its own result. When the disk is
    full no new file is started.

    For a URL, ETag, checksum or time in the listing replace the time of change; a second run over a finished
    folder costs only listings. Outputs are made in the temporary folder of the machine and put as a whole, the
    picture last. Instead of a lock the folder has a lease, which its run renews every 20 seconds, and which another
    run takes over after two minutes, or at once when the process was on this machine and has ended.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skimage import data
    >>> with TemporaryDirectory() as folder:
    ...     ic.write_image(data.astronaut()[::4, ::4], f"{folder}/astronaut.png")
    ...     run = ic.process_folder(folder, "quantize", f"{folder}/small", parameters={"n_colors": 16}, n_jobs=1)
    ...     for result in run:
    ...         print(Path(result.input).name, result.status, Path(result.outputs[0]).name, result.n_colors)
    astronaut.png done astronaut-quantized.png 16
    """
    check_flag("progress", progress)
    with limits(max_pixels, max_memory) as allowed:
        made = make(task, parameters, format, style, extras, own_psnr, output, inputs, name)
    allowed = allowed if executor is None else allowed.elsewhere()
    made = replace(made, limits=allowed, scratch=None if scratch is None else os.fsdecode(scratch))
    check_workers(executor, n_jobs, max_memory, timeout)
    wish = Wish(
        inputs,
        files_from,
        made,
        output_dir,
        output,
        recursive=recursive,
        force=force,
        resume=resume,
        skip_if_larger=skip_if_larger,
        name=name,
        writing=Writing(strip=strip, optimize=optimize, preserve=preserve, in_place=in_place, backup=backup),
    )
    search = choose_search(recursive, include, exclude)
    lock = _lock(wish.folder) if wish.keeps and _is_folder(wish.folder) else None
    try:
        found = find(search, wish.names, files_from, wish.folder)
        paths = [wish.folder, *(file.path for file in found)] if wish.keeps else [file.path for file in found]
        workers = choose_executor(executor, n_jobs, max_memory, timeout, paths, in_workers=wish.is_large)
        state, plan = wish.plan(found)
        # the lock creates the folder, which should not exist if there is nothing to do
        if wish.keeps and lock is None and any(file.action in ("make", "check") for file in plan.files):
            lock = _lock(wish.folder)
            # another run may have been faster
            state, plan = wish.plan(found)
        books = Books(_with_oddities(plan, search), wish.task, state, lock, fail_fast=fail_fast)
        return FolderRun(books, workers, progress=progress)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def plan_folder(
    inputs: AnyPath | Iterable[AnyPath],
    task: str = "quantize",
    output_dir: AnyPath = "outputs",
    *,
    parameters: Mapping[str, Any] | None = None,
    format: str = "png",
    style: str | None = None,
    extras: Mapping[str, str] | None = None,
    own_psnr: bool = False,
    recursive: bool = False,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    files_from: AnyPath | BinaryIO | None = None,
    output: AnyPath | None = None,
    force: bool = False,
    resume: bool | None = None,
    skip_if_larger: bool | None = None,
    name: str | None = None,
    in_place: bool = False,
    backup: bool = False,
    preserve: bool = False,
    strip: bool = False,
    optimize: int = 1,
) -> Plan:
    """Return what `process_folder` would do with the same parameters, without writing anything.

    Parameters
    ----------
    inputs, task, output_dir, parameters, format, style, extras, own_psnr : various
        As for `process_folder`.
    recursive, include, exclude, files_from, output, force, resume, skip_if_larger : optional
        As for `process_folder`.
    name, in_place, backup, preserve, strip, optimize : optional
        As for `process_folder`.

    Returns
    -------
    Plan

    Raises
    ------
    ImageReadError, ValueError, TypeError
        As `process_folder` does.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skimage import data
    >>> with TemporaryDirectory() as folder:
    ...     ic.write_image(data.astronaut()[::4, ::4], f"{folder}/astronaut.png")
    ...     plan = ic.plan_folder(folder, "superpixels", f"{folder}/segments")
    >>> [(file.action, Path(file.outputs[0]).name) for file in plan.files]
    [('make', 'astronaut-superpixels.png')]
    """
    made = make(task, parameters, format, style, extras, own_psnr, output, inputs, name)
    wish = Wish(
        inputs,
        files_from,
        made,
        output_dir,
        output,
        recursive=recursive,
        force=force,
        resume=resume,
        skip_if_larger=skip_if_larger,
        name=name,
        writing=Writing(strip=strip, optimize=optimize, preserve=preserve, in_place=in_place, backup=backup),
    )
    search = choose_search(recursive, include, exclude)
    return _with_oddities(wish.plan(find(search, wish.names, files_from, wish.folder))[1], search)


def _lock(folder: str) -> FolderLock | FolderLease:
    """Acquire the right to write into the folder of outputs."""
    from imgcluster.batch.state import lock_folder

    return lock_folder(folder)


def _with_oddities(plan: Plan, search: Search) -> Plan:
    """Return the plan with what the search found in addition."""
    others = {path: n for path, n in search.left_out.items() if place(path) != place(plan.output_dir)}
    counts = {title: len(files) for title, files in search.ignored.items()}
    files = sorted((file for found in search.ignored.values() for file in found), key=natural_key)
    empty = tuple(search.empty)
    return replace(plan, empty_folders=empty, left_out=others, ignored=counts, ignored_files=tuple(files))


def _is_folder(folder: str) -> bool:
    """Check whether a folder exists; one by URL may come into existence with its first file."""
    with suppress(OSError, ValueError):
        return status(folder).kind == "folder"
    return False
