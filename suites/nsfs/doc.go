// Package nsfs proves what is promised about the ioctls of namespace files: ioctl_nsfs(2) and its pages.
package nsfs
