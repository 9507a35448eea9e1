package mountmodel

import . "github.com/nsconform/nsconform/suites/spec"

// claims are the requirements that the model's rules are.
var claims = Proves(
	"mount-clone-copies-list", "mount-unshare-copies-list", "mount-private-changes-stay-local",
	"mount-under-shared-reaches-peers", "mount-unmount-under-shared-reaches-peers", "mount-propagation-symmetric-among-peers",
	"mount-private-no-propagation", "mount-slave-receives-from-master", "mount-slave-does-not-send-to-master",
	"mount-slave-and-shared-passes-on", "mount-bind-unbindable-einval", "mount-recursive-bind-omits-unbindable",
	"mount-propagation-is-of-mount-not-file-system", "mount-propagation-governs-direct-children", "mount-unmount-follows-parents-propagation",
	"mount-copy-joins-peer-group", "mount-bind-joins-peer-group", "mount-under-shared-is-shared-in-new-group",
	"mount-unmount-leaves-peer-group", "mount-namespace-end-leaves-peer-groups",
	"mount-info-shared-tag", "mount-info-master-tag", "mount-info-propagate-from-tag", "mount-info-propagate-from-absent",
	"mount-info-unbindable-tag", "mount-info-no-tag-is-private", "mount-info-parent-of-stacked", "mount-info-omits-outside-root",
	"mount-copy-keeps-type-gets-new-id", "mount-under-slave-is-private", "mount-propagated-onto-slave-is-slave",
	"mount-make-shared-transitions", "mount-make-slave-of-shared-with-peers", "mount-make-slave-of-lone-shared-is-private",
	"mount-make-slave-of-slave-and-shared-is-slave", "mount-make-slave-of-others-no-effect",
	"mount-make-private-transitions", "mount-make-unbindable-transitions",
	"mount-bind-under-shared-types", "mount-bind-under-nonshared-types", "mount-recursive-bind-types-per-mount",
	"mount-move-under-shared-types", "mount-move-under-nonshared-types", "mount-move-unbindable-under-shared-einval",
	"mount-move-from-shared-parent-einval", "mount-new-follows-bind-rules",
	"mount-unmount-propagated-takes-topmost", "mount-unmount-propagated-spares-busy",
	"mount-bind-leaves-submounts", "mount-bind-recursive-takes-submounts",
	"mount-change-propagation-recursive", "mount-change-propagation-not-mount-point-einval",
	"mount-move-takes-subtree", "mount-move-not-mount-point-einval", "mount-move-below-itself-eloop",
	"mount-umount-takes-topmost", "mount-umount-detach-whole-tree", "mount-umount-not-mount-point-einval", "mount-umount-busy-ebusy",
	"mount-umount-propagates-to-peers-and-slaves",
)
