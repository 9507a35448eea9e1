// Package mount proves what is promised about the lists of mounts of mount
// namespaces, the calls that change them, and the files that show them:
// mount_namespaces(7), DESCRIPTION, mount(2), umount(2), proc_pid_mountinfo(5),
// proc_pid_mounts(5), chroot(2), getcwd(3), and ttyname(3).
package mount
