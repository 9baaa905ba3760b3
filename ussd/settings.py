"""What can be set at this door."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core.base.settings import FromEnvironment, Network, comma_list


class UssdSettings(FromEnvironment):
    """Budget and pace. Sources: Africa's Talking publishes no list of its addresses; empty lets all in."""

    model_config = SettingsConfigDict(
        env_prefix="BANDO_USSD_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    budget: int = Field(160, ge=80, le=182, description="septets a screen, CON or END included")
    push_after_seconds: int = Field(
        4, ge=0, le=60, description="M-PESA cannot ask while the session is open: wait so long after its end"
    )
    turns_a_minute: int = Field(30, description="of one number; more are asked to wait")
    sessions_an_hour: int = Field(20, description="of one number; more are asked to wait")
    door_turns_a_minute: int = Field(30_000, description="of all numbers together")
    sources: Annotated[list[Network], NoDecode] = Field(
        default_factory=list,
        validation_alias="BANDO_AFRICASTALKING_SOURCES",
        description="networks that may call the doors of Africa's Talking; empty: any",
    )

    _lists = field_validator("sources", mode="before")(comma_list)
