package disk

import "testing"

func TestImagesHaveTheirFileSystem(t *testing.T) {
	for fstype, magic := range map[string]struct {
		at   int64
		text string
	}{
		"ext4": {1080, "\x53\xef"}, "xfs": {0, "XFSB"}, "btrfs": {65600, "_BHRfS_M"}, "vfat": {54, "FAT12"},
		"ntfs3": {3, "NTFS"}, "erofs": {1024, "\xe2\xe1\xf5\xe0"}, "squashfs": {0, "hsqs"},
	} {
		f, err := image(fstype)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got := make([]byte, len(magic.text))
		if _, err := f.ReadAt(got, magic.at); err != nil || string(got) != magic.text {
			t.Errorf("%s: got %q, %v, want %q", fstype, got, err, magic.text)
		}
	}
}
