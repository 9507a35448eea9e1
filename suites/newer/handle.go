package newer

import (
	"encoding/binary"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// fileIDNSFS is FILEID_NSFS, from include/linux/exportfs.h.
const fileIDNSFS = 0xf1

// identification is struct nsfs_file_handle, from include/uapi/linux/nsfs.h.
type identification struct {
	ID          uint64
	Type, Inode uint32
}

func (i identification) handle() harness.NSHandle {
	h := harness.NSHandle{Bytes: 16, Type: fileIDNSFS}
	binary.NativeEndian.PutUint64(h.Data[0:], i.ID)
	binary.NativeEndian.PutUint32(h.Data[8:], i.Type)
	binary.NativeEndian.PutUint32(h.Data[12:], i.Inode)
	return h
}

// identify returns what the handle of member's namespace should be.
func identify(s, member *harness.Subject, kind nsutil.Kind) identification {
	fd := open(s, member, kind)
	defer s.Close(fd)
	return identification{Get(s.NSID(fd)), uint32(kind.Flag()), uint32(Get(s.NSOf(fd)).Ino)}
}

var _ = Specs("name_to_handle_at", Label("newer"), func() {
	for _, kind := range nsutil.Kinds() {
		It("gives a handle of a "+string(kind)+" namespace, to whoever has a descriptor", Label(string(kind)), Proves("nsfs-file-handle-type-and-size"), func() {
			outside := Spawn(harness.Named("outside"))
			home := member(outside, kind)
			for _, s := range []*harness.Subject{home, outside} {
				fd := open(outside, s, kind)
				expected := handleOf(outside, s, kind)
				for _, asking := range []*harness.Subject{outside, as(outside, alice)} {
					handle, err := asking.NameToHandle(fd)
					Expect(err).NotTo(HaveOccurred())
					Expect(handle).To(Equal(expected))
				}
			}
		})

		It("tells how much room the handle of a "+string(kind)+" namespace needs", Label(string(kind)), Proves("nsfs-file-handle-type-and-size"), func() {
			outside := Spawn(harness.Named("outside"))
			fd := open(outside, member(outside, kind), kind)
			for room, enough := range map[uint32]bool{0: false, 4: false, 12: false, 16: true, 20: true, 128: true} {
				handle := struct {
					Bytes uint32
					Type  int32
					Data  [128]byte
				}{Bytes: room}
				var mount int32
				_, err := outside.Syscall("name_to_handle_at", unix.SYS_NAME_TO_HANDLE_AT, fd, "", harness.Struct(&handle), harness.Struct(&mount), harness.Hex(unix.AT_EMPTY_PATH))
				Expect(handle.Bytes).To(BeEquivalentTo(16), "with room for %d bytes", room)
				if enough {
					Expect(err).NotTo(HaveOccurred(), "with room for %d bytes", room)
					Expect(handle.Type).To(BeEquivalentTo(fileIDNSFS))
				} else {
					Expect(err).To(MatchError(unix.EOVERFLOW), "with room for %d bytes", room)
					Expect(handle.Data[:]).To(HaveEach(byte(0)))
				}
			}
		})
	}
})

var _ = Specs("open_by_handle_at", Label("newer"), func() {
	for _, kind := range nsutil.Kinds() {
		It("reopens the "+string(kind)+" namespace of a handle", Label(string(kind)), Proves("nsfs-file-handle-reopens"), func() {
			outside := Spawn(harness.Named("outside"))
			home, other := member(outside, kind), member(outside, kind)
			fd := open(outside, home, kind)
			handle, err := outside.NameToHandle(fd)
			Expect(err).NotTo(HaveOccurred())
			Arrange(outside.Close(fd))
			mounts := []int{unix.FD_NSFS_ROOT, open(outside, other, kind), open(outside, outside, nsutil.UTS)}
			for _, mount := range mounts {
				again, err := outside.OpenByHandleAt(mount, handle)
				Expect(err).NotTo(HaveOccurred())
				expectReadOnly(outside, again)
				Expect(outside.NSType(again)).To(Equal(kind.Flag()))
				Expect(outside.NSOf(again)).To(Equal(ns(home, kind)))
				expectJoins(outside, again, home, kind)
			}
			others := handleOf(outside, other, kind)
			Expect(outside.NSOf(Get(outside.OpenByHandle(others)))).To(Equal(ns(other, kind)), "another handle leads elsewhere")
		})

		It("takes the handle of a "+string(kind)+" namespace by the id alone", Label(string(kind)), Proves("nsfs-file-handle-reopens"), func() {
			NeedKernel("6.19")
			outside := Spawn(harness.Named("outside"))
			home := member(outside, kind)
			Expect(reopened(outside, identification{ID: identify(outside, home, kind).ID}.handle())).To(Equal(ns(home, kind)))
		})

		It("takes no handle of a "+string(kind)+" namespace in which something is wrong", Label(string(kind)), Proves("nsfs-file-handle-reopens"), func() {
			outside := Spawn(harness.Named("outside"))
			home := member(outside, kind)
			right := identify(outside, home, kind)
			Expect(reopened(outside, right.handle())).To(Equal(ns(home, kind)))
			const otherType = unix.CLONE_NEWUTS | unix.CLONE_NEWIPC
			wrong := map[string]identification{
				"no id":               {0, right.Type, right.Inode},
				"an id of nothing":    {right.ID + 1<<40, right.Type, right.Inode},
				"another type":        {right.ID, right.Type ^ otherType, right.Inode},
				"another kind's type": {right.ID, uint32(without(kind)[0].Flag()), right.Inode},
				"no type":             {right.ID, 0, right.Inode},
				"another inode":       {right.ID, right.Type, right.Inode + 1},
				"no inode":            {right.ID, right.Type, 0},
			}
			for what, id := range wrong {
				before := descriptors(outside)
				_, err := outside.OpenByHandle(id.handle())
				Expect(err).To(MatchError(unix.ESTALE), what)
				Expect(descriptors(outside)).To(Equal(before), what)
			}
			for _, fileType := range []int32{1, fileIDNSFS - 1, fileIDNSFS + 1} {
				handle := right.handle()
				handle.Type = fileType
				_, err := outside.OpenByHandle(handle)
				Expect(err).To(MatchError(unix.ESTALE), "type %#x of the handle", fileType)
			}
		})

		It("does not reopen a "+string(kind)+" namespace that has ended", Label(string(kind)), Proves("nsfs-file-handle-reopens"), func() {
			outside := Spawn(harness.Named("outside"))
			home, maker := memberAndMaker(outside, kind)
			id := ns(home, kind)
			handle := handleOf(outside, home, kind)
			fd := open(outside, home, kind)
			endAll(home, maker)
			Expect(reopened(outside, handle)).To(Equal(id), "while a descriptor keeps it")
			Arrange(outside.Close(fd))
			Eventually(func() error {
				fd, err := outside.OpenByHandle(handle)
				outside.Close(fd)
				return err
			}).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(MatchError(unix.ESTALE))
		})
	}
})

func handleOf(s, member *harness.Subject, kind nsutil.Kind) harness.NSHandle {
	return identify(s, member, kind).handle()
}

// reopened claims that s may open the handle, and returns what it leads to.
func reopened(s *harness.Subject, handle harness.NSHandle) nsutil.ID {
	fd, err := s.OpenByHandle(handle)
	Expect(err).NotTo(HaveOccurred())
	id, err := s.NSOf(fd)
	Expect(err).NotTo(HaveOccurred())
	Arrange(s.Close(fd))
	return id
}
