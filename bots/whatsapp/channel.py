"""The chat on WhatsApp. Messages cannot be edited: every screen is a new one."""

from bots.objects import parse
from bots.whatsapp import faces
from bots.whatsapp.messages import NAME, read_message
from bots.whatsapp.post import Post
from core.conversation.channel import Face, Said, Unreadable


class WhatsAppChannel:
    """Fits core.conversation.channel.Channel. Safe to share between threads."""

    name = NAME

    def __init__(self, post: Post) -> None:
        self._post = post

    def read(self, body: bytes) -> Said:
        said = read_message(parse(body))
        if said is None:
            raise Unreadable("no act of a person's")
        return said

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        """shown is of no use here: old buttons stay, and are told by their data."""
        person = said.person.also or said.person.id  # the number reaches everybody, a user id only new apps
        holder = None
        for message in faces.messages(said, face):
            holder = self._post.send(person, message)
        for document in face.documents:
            self._post.send(person, self._post.document(document))
        return holder
