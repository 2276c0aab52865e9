from crowkis.storage.errors import Corruption, DirectoryInUse, DiskError, StorageError, UnknownFormat


class TestTexts:
    def test_damage_names_file_and_byte(self):
        error = Corruption("000007.log", 42, "no intact record here")

        assert "000007.log is damaged at byte 42: no intact record here" == str(error)

    def test_an_unknown_format_names_file_and_byte(self):
        error = UnknownFormat("000007.log", 8, "format version 9; this program reads 1")

        assert "000007.log at byte 8: format version 9; this program reads 1" == str(error)

    def test_a_lock_names_directory_and_process(self):
        error = DirectoryInUse("/data", "4711")

        assert str(error).startswith("/data is in use by process 4711; ")

    def test_a_disk_error_says_during_what(self):
        error = DiskError("syncing the log", "input/output error")

        assert "syncing the log: input/output error" == str(error)

    def test_one_except_clause_catches_all(self):
        kinds = (Corruption, DirectoryInUse, DiskError, UnknownFormat)

        assert [True] * 4 == [issubclass(kind, StorageError) for kind in kinds]
