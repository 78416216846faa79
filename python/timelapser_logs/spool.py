"""Batches on disk until they are delivered: this process's, and those that earlier processes left.

A folder for each sender holds a file ``lock``, which its process keeps locked, a file ``destination``, and a file of lines
for each batch. The lock ends with the process, so the lines of one that was killed are found and sent by the next, under
the sender and the number that they have: the server stores a batch once.
"""

import errno
import os
import uuid
import zlib

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

SUFFIX = ".lines"


def lock(descriptor):
    """Takes the lock without waiting; False when another process, or another shipper of this one, has it."""
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return True
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK):
            return False
        raise


class SenderFolder:
    """The batches of one sender, held by this process."""

    def __init__(self, path, descriptor):
        self.path = path
        self.sender = os.path.basename(path)
        self._lock = descriptor

    @classmethod
    def create(cls, directory, destination):
        """Raises OSError when the folder cannot be made or written to."""
        os.makedirs(directory, mode=0o700, exist_ok=True)
        sender = str(uuid.uuid4())
        path = os.path.join(directory, sender)
        os.mkdir(path, 0o700)
        folder = cls(path, os.open(os.path.join(path, "lock"), os.O_RDWR | os.O_CREAT, 0o600))
        try:
            lock(folder._lock)
            # Others take it for a sender's folder when this file is there: by then its lock is held.
            destination_path = os.path.join(path, "destination")
            with open(destination_path + ".part", "w", encoding="utf-8") as file:
                file.write(destination)
            os.replace(destination_path + ".part", destination_path)
        except OSError:
            folder.close()
            raise
        return folder

    @classmethod
    def take_over(cls, path, destination):
        """The folder of a process that has ended, None when it runs, sends elsewhere or is another user's."""
        try:
            # Another user's lines are not sent under this one's key.
            if hasattr(os, "geteuid") and os.stat(path).st_uid != os.geteuid():
                return None
            with open(os.path.join(path, "destination"), encoding="utf-8") as file:
                if file.read() != destination:
                    return None
            descriptor = os.open(os.path.join(path, "lock"), os.O_RDWR)
        except OSError:
            return None
        try:
            if lock(descriptor):
                # Another may have delivered and removed it between the two.
                os.stat(os.path.join(path, "lock"))
                return cls(path, descriptor)
        except OSError:
            pass
        os.close(descriptor)
        return None

    def file_of(self, number, room):
        return os.path.join(self.path, "%020d-%d%s" % (number, room, SUFFIX))

    def open_batch(self, number, room):
        """A descriptor that lines are appended to."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        return os.open(self.file_of(number, room), flags, 0o600)

    def write_batch(self, number, room, lines):
        """Writes a whole batch."""
        path = self.file_of(number, room)
        with open(path + ".part", "wb") as file:
            file.write(b"".join(line_of(one) for one in lines))
        os.replace(path + ".part", path)

    def read_batch(self, number, room):
        """The lines of a batch, and how many of them are not as they were written."""
        with open(self.file_of(number, room), "rb") as file:
            content = file.read()
        lines, broken = [], 0
        # A torn end is not counted: the call that wrote it never returned.
        for line in content[: content.rfind(b"\n") + 1].splitlines():
            total, _, body = line.partition(b" ")
            if total == b"%08x" % zlib.crc32(body):
                lines.append(body)
            else:
                broken += 1
        return lines, broken

    def remove_batch(self, number, room):
        try:
            os.unlink(self.file_of(number, room))
        except FileNotFoundError:
            pass

    def batches(self):
        """``(number, room, bytes)`` of each batch, the oldest first. Halves of one that is still whole are removed."""
        found = []
        for name in os.listdir(self.path):
            number, _, room = name[: -len(SUFFIX)].partition("-")
            if name.endswith(SUFFIX) and number.isdigit() and room.isdigit():
                size = os.stat(os.path.join(self.path, name)).st_size
                found.append((int(number), int(room), size))
        batches, end = [], 0
        for number, room, size in sorted(found, key=lambda one: (one[0], -one[1])):
            if number < end:
                self.remove_batch(number, room)
            else:
                end = number + room
                batches.append((number, room, size))
        return batches

    def close(self):
        """Leaves the batches to the next process; without batches the folder goes."""
        try:
            if not self.batches():
                if fcntl is None:
                    self.forget()  # Windows removes no file that is open.
                for name in os.listdir(self.path):
                    os.unlink(os.path.join(self.path, name))
                os.rmdir(self.path)
        except OSError:
            pass
        self.forget()

    def forget(self):
        """Lets go of the lock's descriptor; a process that forked from the holder holds nothing."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def line_of(body):
    return b"%08x %s\n" % (zlib.crc32(body), body)


def abandoned(directory, destination, own):
    """Takes over the folders of processes that have ended."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    found = []
    for name in names:
        path = os.path.join(directory, name)
        if name in own or not os.path.isdir(path):
            continue
        folder = SenderFolder.take_over(path, destination)
        if folder is not None:
            found.append(folder)
    return found
