package nsutil

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const (
	shmHeader = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n"
	semHeader = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
	msgHeader = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n"
)

func TestParseSysV(t *testing.T) {
	text := shmHeader +
		"-559038737          0  1600                  4096  4515     0      1  1000   100     0 65534 1700000000          0 1700000000                  8192                     0\n"
	got, err := ParseSysV(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []SysVObject{{
		Type: SysVShm, Key: -559038737, Perms: 0o1600, UID: 1000, GID: 100, CUID: 0, CGID: 65534,
		Columns: map[string]string{
			"key": "-559038737", "shmid": "0", "perms": "1600", "size": "4096", "cpid": "4515", "lpid": "0", "nattch": "1",
			"uid": "1000", "gid": "100", "cuid": "0", "cgid": "65534",
			"atime": "1700000000", "dtime": "0", "ctime": "1700000000", "rss": "8192", "swap": "0",
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseSysVGoesByTheHeader(t *testing.T) {
	for text, want := range map[string]SysV{shmHeader: SysVShm, semHeader: SysVSem, msgHeader: SysVMsg} {
		if got, err := ParseSysV(strings.NewReader(text)); err != nil || len(got) != 0 {
			t.Errorf("%s with no object: %v, %v", want, got, err)
		}
	}
	other := "cgid cuid gid uid new perms msqid key\n4 3 2 1 99 644 7 5\n"
	got, err := ParseSysV(strings.NewReader(other))
	if err != nil {
		t.Fatal(err)
	}
	o := got[0]
	if o.Type != SysVMsg || o.Key != 5 || o.ID != 7 || o.Perms != 0o644 || o.UID != 1 || o.CGID != 4 || o.Columns["new"] != "99" {
		t.Errorf("columns in another order: %+v", o)
	}
}

func TestParseSysVRefuses(t *testing.T) {
	const object = "0 1 600 1 0 0 0 0 0 0\n"
	for name, text := range map[string]string{
		"nothing":            "",
		"no header":          object,
		"a header cut short": semHeader[:30],
		"a column twice":     "key semid key\n",
		"too few columns":    semHeader + "0 1 600\n",
		"too many columns":   semHeader + "0 1 600 1 0 0 0 0 0 0 0\n",
		"an object cut off":  semHeader + object + "0 2 600 1 0 0",
		"a column missing":   "key semid perms uid gid cuid\n0 1 600 0 0 0\n",
		"a decimal mode":     semHeader + "0 1 689 1 0 0 0 0 0 0\n",
		"a key too large":    semHeader + "4294967296 1 600 1 0 0 0 0 0 0\n",
		"a negative owner":   semHeader + "0 1 600 1 -1 0 0 0 0 0\n",
		"a bad id":           semHeader + "0 x 600 1 0 0 0 0 0 0\n",
	} {
		if got, err := ParseSysV(strings.NewReader(text)); err == nil {
			t.Errorf("%s gives %+v, want an error", name, got)
		}
	}
}

func FuzzParseSysV(f *testing.F) {
	f.Add(semHeader + "0 1 600 1 0 0 0 0 0 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		objects, err := ParseSysV(strings.NewReader(text))
		if err == nil && len(objects) != strings.Count(text, "\n")-1 {
			t.Errorf("%q gives %d objects", text, len(objects))
		}
	})
}

func TestSysVObjectsShowsWhatIsThere(t *testing.T) {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 8192, unix.IPC_CREAT|0o640)
	if err != nil {
		t.Skipf("cannot create shared memory: %v", err)
	}
	defer func() {
		if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil {
			t.Errorf("remove shared memory: %v", err)
		}
	}()
	for _, kind := range []SysV{SysVShm, SysVMsg, SysVSem} {
		objects, err := SysVObjects(kind)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, o := range objects {
			if kind == SysVShm && int(o.ID) == id {
				found = o.Perms == 0o640 && o.Columns["size"] == "8192"
			}
		}
		if found != (kind == SysVShm) {
			t.Errorf("%s: own segment found: %v in %+v", kind, found, objects)
		}
	}
	if _, err := SysVObjects("nonsense"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("objects of no kind: %v, want not-exist", err)
	}
}
