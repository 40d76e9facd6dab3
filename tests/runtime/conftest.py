from parts.due import due_now, to_twilio

__all__ = ["due_now", "to_twilio"]
