"""Settings of the texts that we send, whichever carrier takes them."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core.base.settings import FromEnvironment, comma_list


class SmsSettings(FromEnvironment):
    """Where texts may go. The day's budget is a dated setting (`sms_a_day`), for staff change it."""

    model_config = SettingsConfigDict(env_prefix="BANDO_SMS_", env_file=".env", extra="ignore", frozen=True)

    prefixes: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["254"], description="how numbers may begin that we send to, without +"
    )

    _lists = field_validator("prefixes", mode="before")(comma_list)

    def allows(self, address: str) -> bool:
        return address.startswith(tuple(self.prefixes))

    def problems(self) -> list[str]:
        """What is wrong, one plain sentence each. Empty: all is well."""
        if not self.prefixes or not all(prefix.isdigit() for prefix in self.prefixes):
            return ["BANDO_SMS_PREFIXES must be one or more beginnings of numbers, digits only, such as 254"]
        return []
