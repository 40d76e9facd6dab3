from parts.house import House
from parts.loops import in_loop
from nudger.storage.database import Database

@in_loop
async def test_due_message_is_sent_once(database: Database) -> None:
    """A message whose time has come is handed over once and noted as accepted."""
    house = House(database)
    message = house.due("ana")
    assert await house.dispatch() == {"accepted": 1}
    assert house.sms.reached == ["+447700900122"]
    assert house.path(message) == ["claimed", "sending", "accepted"]
    assert house.message(message).provider_id == "id-of-token-1"
    assert await house.dispatch() == {}
