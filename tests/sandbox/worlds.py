"""What the providers of the tests' trials have given out."""

import json

SECRET = "c0ffee" * 5
DARAJA = {
    "shortcode": "174379",
    "passkey": "pass",
    "consumer_key": "key",
    "consumer_secret": "secret",
    "initiator": "bando",
    "initiator_password": "Initiator1!",
}
TELEGRAM = {
    "token": "8100:AAtrial_token-of-the-bot",
    "username": "PwaniNetBot",
    "name": "Pwani Net",
    "secret_token": "tg-secret",
}
WHATSAPP = {
    "phone_number_id": "5550001",
    "display_number": "254709000001",
    "token": "EAAtrial",
    "app_secret": "isp-test-secret",
    "verify_token": "verify-me",
}
# As written before there were chats.
OLD_WORLD = json.dumps(
    {
        "web": "http://127.0.0.1:1", "service_code": "*384*123#", "sender": "PWANINET", "door_secrets": ["s3cret"],
        "clock_file": "clock", "daraja": DARAJA, "africastalking": {"username": "sandbox", "api_key": "atkey"},
    }
)  # fmt: skip
