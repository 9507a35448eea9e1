package mountmodel

import . "github.com/nsconform/nsconform/suites/spec"

// claims are the requirements that the model's rules are.
var claims = Proves(
	"mount-under-shared-reaches-peers", "mount-unmount-under-shared-reaches-peers", "mount-propagation-symmetric-among-peers",
	"mount-private-no-propagation", "mount-slave-receives-from-master", "mount-slave-does-not-send-to-master",
	"mount-slave-and-shared-passes-on", "mount-recursive-bind-omits-unbindable", "mount-propagation-governs-direct-children",
	"mount-unmount-follows-parents-propagation", "mount-copy-joins-peer-group", "mount-copy-keeps-unbindable", "mount-bind-joins-peer-group",
	"mount-under-shared-is-shared-in-new-group", "mount-unmount-leaves-peer-group", "mount-namespace-end-leaves-peer-groups",
	"mount-under-slave-is-private", "mount-propagated-onto-slave-is-slave",
	"mount-make-shared-transitions", "mount-make-slave-of-shared-with-peers", "mount-make-slave-of-lone-shared-is-private",
	"mount-make-slave-of-slave-and-shared-is-slave", "mount-make-slave-of-others-no-effect",
	"mount-make-private-transitions", "mount-make-unbindable-transitions",
	"mount-bind-under-shared-types", "mount-bind-under-nonshared-types", "mount-recursive-bind-types-per-mount",
	"mount-move-under-shared-types", "mount-move-under-nonshared-types", "mount-new-follows-bind-rules",
	"mount-unmount-propagated-takes-topmost", "mount-unmount-propagated-spares-busy", "mount-move-takes-subtree",
	"mount-umount-propagates-to-peers-and-slaves", "mount-info-propagate-from-tag", "mount-info-propagate-from-absent",
)
