"""A single-stream task (RecordMode 1): files of each stream, and one of the whiteboard.

Where the vendor's documents are silent, the choices are these:

* a file has the tracks that StreamType asks for, also of a stream that has only one of them: black until the
  camera was on, silent while the microphone is off; a file of the picture alone begins with the picture;
* a camera that goes off leaves its last frame, in a gap that FillBlank fills too;
* FillBlank and ResumeWithoutInterruption together fill the gaps of files with sound and leave out those of others;
* muted sound that is dropped splits the file when it is as long as the threshold;
* streams beyond the thirty-sixth aren't recorded;
* the whiteboard's file has the task's format if that holds pictures, else mp4; its user, name and stream are all
  called `whiteboard`; a jpg task takes no pictures of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.room import Participant
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator.files import OutputFile, tracks
from recorder_zegocloud.emulator.picture import publishes
from recorder_zegocloud.emulator.session import Server, Task
from recorder_zegocloud.tables import MOST_STREAMS
from recorder_zegocloud.wire.values import FileFormat, MediaTrackType, RecordMuteAudio

__all__ = ["SingleStreamTask"]

WHITEBOARD = "whiteboard"
WITH_PICTURES = (FileFormat.MP4, FileFormat.FLV, FileFormat.HLS)


@dataclass(slots=True)
class Publication:
    """A stream from its beginning to its end, with what was on when."""

    states: list[tuple[float, Participant]]
    """Since when (Unix s) somebody published like this."""
    end: float | None = None
    """Unix s; None: it goes on."""

    @property
    def begin(self) -> float:
        """Unix s."""
        return self.states[0][0]

    @property
    def filmed(self) -> tuple[float, Participant] | None:
        """Since when the camera had been on, and with which picture; None: it never was."""
        return next((state for state in self.states if state[1].camera), None)

    def heard(self) -> Iterator[tuple[float, float | None]]:
        """The stretches in which the microphone was on, each from and to a Unix second."""
        ends = [*(at for at, _ in self.states[1:]), self.end]
        for (at, person), end in zip(self.states, ends, strict=True):
            if person.microphone:
                yield at, end


@dataclass(slots=True)
class Take:
    """What goes into one file: from `begin` to `end` (Unix s), without the gaps."""

    begin: float
    end: float | None
    gaps: list[tuple[float, float]] = field(default_factory=list)


class SingleStreamTask(Task):
    """A single-stream task; arguments as `Task`'s."""

    def _server_files(self, server: Server, until: float) -> list[OutputFile]:
        params, asked = self.request.RecordInputParams, self.request.RecordOutputParams
        files: list[OutputFile] = []
        for publications in self._streams(server, until):
            for media, file_format in tracks(params.StreamType, asked.OutputFileFormat):
                files += [
                    self._file(publications, take, media, file_format) for take in self._takes(publications, media)
                ]
        files += self._whiteboard_file(server, until)
        return sorted(files, key=lambda file: file.begin)

    def _named_streams(self) -> list[str]:
        return [entry.StreamId for entry in self.request.RecordInputParams.RecordStreamList or ()]

    def _streams(self, server: Server, until: float) -> list[list[Publication]]:
        """The publications of each stream that a server records, in the order of their first."""
        listed = self._named_streams()
        found: dict[str, list[Publication]] = {}
        present: set[str] = set()
        for at, people in self._room.presence(server.begin, until):
            publishing = {person.id: person for person in people if publishes(person)}
            for id in present - publishing.keys():
                found[id][-1].end = at
            for id, person in publishing.items():
                if id not in present:
                    found.setdefault(id, []).append(Publication([(at, person)]))
                elif found[id][-1].states[-1][1] != person:
                    found[id][-1].states.append((at, person))
            present = set(publishing)
        recorded = [stream for id, stream in found.items() if not listed or self._stream_id(id) in listed]
        return recorded[:MOST_STREAMS]

    # What goes into one file

    def _takes(self, publications: list[Publication], media: MediaTrackType) -> list[Take]:
        params = self.request.RecordInputParams
        filled = params.FillBlank and media is not MediaTrackType.VIDEO
        takes: list[Take] = []
        for publication in publications:
            stretches = list(self._stretches(publication, media))
            if not stretches:
                continue
            begin, first_end = stretches[0]
            if takes and filled:
                takes[-1].end = publication.begin
                _go_on(takes[-1], begin, first_end)
            elif takes and params.ResumeWithoutInterruption:
                _go_on(takes[-1], begin, first_end)
            else:
                takes.append(Take(begin, first_end))
            for (_, since), (at, end) in pairwise(stretches):
                if since is not None and self._splits(at - since):
                    takes.append(Take(at, end))
                else:
                    _go_on(takes[-1], at, end)
            if filled and publication.end is not None:
                _go_on(takes[-1], publication.end, None)
        return takes

    def _stretches(self, publication: Publication, media: MediaTrackType) -> Iterator[tuple[float, float | None]]:
        """When there is something to record, each from and to a Unix second."""
        if self.request.RecordInputParams.RecordMuteAudio is RecordMuteAudio.DROP:
            yield from _joined(publication.heard())
        elif media is not MediaTrackType.VIDEO:
            yield publication.begin, publication.end
        elif publication.filmed:
            yield publication.filmed[0], publication.end

    def _splits(self, silence: float) -> bool:
        threshold = self.request.RecordInputParams.RecordMuteAudioSplitThreshold
        return threshold is not None and 0 <= threshold <= silence

    # Files

    def _file(
        self, publications: list[Publication], take: Take, media: MediaTrackType, file_format: FileFormat
    ) -> OutputFile:
        within = [
            publication
            for publication in publications
            if (publication.end is None or publication.end > take.begin)
            and (take.end is None or publication.begin < take.end)
        ]
        owner = within[0].states[0][1]
        stream_id = self._stream_id(owner.id)
        return OutputFile(
            user_id=owner.id,
            user_name=owner.name,
            stream_id=stream_id,
            stem=f"{owner.id}_{stream_id}",
            media=media,
            format=file_format,
            begin=take.begin,
            end=take.end,
            tape=partial(self._tape, within),
            gaps=take.gaps,
        )

    def _tape(self, publications: list[Publication], begin: float, _end: float) -> Tape:
        """The stream alone, as large as it was first published."""
        filmed = next((publication.filmed for publication in publications if publication.filmed), None)
        someone = filmed[1] if filmed else publications[0].states[0][1]
        window = Window(left=0, top=0, right=someone.width, bottom=someone.height, participant=someone.id, frozen=True)
        black = Scene(width=someone.width, height=someone.height, audible=(someone.id,))
        shown = Scene(width=someone.width, height=someone.height, windows=(window,), audible=(someone.id,))
        tape = Tape(self._room, begin)
        tape.cut(begin, lambda _: black)
        if filmed:
            tape.cut(max(begin, filmed[0]), lambda _: shown)
        return tape

    def _whiteboard_file(self, server: Server, until: float) -> Iterator[OutputFile]:
        board, file_format = self.whiteboard, self.request.RecordOutputParams.OutputFileFormat
        if board is None or board.since is None or file_format is FileFormat.JPG:
            return
        begin = max(server.begin, board.since)
        if begin <= until:
            yield OutputFile(
                user_id=WHITEBOARD,
                user_name=WHITEBOARD,
                stream_id=WHITEBOARD,
                stem=WHITEBOARD,
                media=MediaTrackType.VIDEO,
                format=file_format if file_format in WITH_PICTURES else FileFormat.MP4,
                begin=begin,
                end=None,
                tape=self._whiteboard_tape,
            )

    def _whiteboard_tape(self, begin: float, _end: float) -> Tape:
        tape = Tape(self._room, begin)
        params, board = self.request.RecordInputParams.board, self.whiteboard
        if params and board:
            for at in (begin, *(at for at in board.switches if at > begin)):
                window = Window(
                    left=0, top=0, right=params.Width, bottom=params.Height, image=board.image(at), image_fit="contain"
                )
                scene = Scene(width=params.Width, height=params.Height, windows=(window,))
                tape.cut(at, lambda _, scene=scene: scene)  # type: ignore[misc]
        return tape


def _go_on(take: Take, at: float, end: float | None) -> None:
    """Let a file that ended go on at `at`, without what lies between."""
    if take.end is not None and take.end < at:
        take.gaps.append((take.end, at))
    take.end = end


def _joined(stretches: Iterable[tuple[float, float | None]]) -> Iterator[tuple[float, float | None]]:
    """Stretches that touch made one."""
    current: tuple[float, float | None] | None = None
    for begin, end in stretches:
        if current and current[1] == begin:
            current = current[0], end
        else:
            if current:
                yield current
            current = begin, end
    if current:
        yield current
