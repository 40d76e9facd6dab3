"""The keys of a benchmark's installation, made in its data folder as the daemon makes them."""

from pathlib import Path

from nudger.runtime.keys import open_vault
from nudger.settings import read_settings
from nudger.storage.vault import Vault


def vault_in(folder: Path) -> Vault:
    """The vault of the installation whose data folder this is."""
    return open_vault(
        read_settings(_env_file=None, NUDGER_DATA=folder, DATABASE_URL=f"sqlite:///{folder / 'nudger.db'}")
    )
