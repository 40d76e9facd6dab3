from pathlib import Path

import pytest
from parts.yaml_folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Two empty folders to write YAML into."""
    return Folders(tmp_path)
