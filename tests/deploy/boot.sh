#!/bin/sh
# Inside new namespaces (see machine.py): a throw-away copy of this machine, where nothing written reaches the real one,
# booted with systemd. Arguments: a directory for what it writes, the interpreter's prefix, the source, the libraries.
set -eu
shared=$1 prefix=$2 source=$3 libraries=$4
mount --make-rprivate /
mkdir -p "$shared/copy"
mount -t tmpfs tmpfs "$shared/copy"
mkdir "$shared/copy/upper" "$shared/copy/work" "$shared/copy/root"
root=$shared/copy/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$shared/copy/upper,workdir=$shared/copy/work" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --rbind /dev "$root/dev"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
    for kind in systemd memory; do
        mkdir "$root/sys/fs/cgroup/$kind"
        if [ $kind = systemd ]; then option=none,name=systemd; else option=$kind; fi
        mount -t cgroup -o "$option" cgroup "$root/sys/fs/cgroup/$kind"
    done
fi
for directory in run tmp; do mount -t tmpfs tmpfs "$root/$directory"; done
mkdir -p "$root/opt/kakehashi/bin" "$root/opt/python" "$root/opt/source" "$root/opt/libraries" "$root/mnt"
mount --bind "$prefix" "$root/opt/python"
mount --bind "$source" "$root/opt/source"
mount --bind "$libraries" "$root/opt/libraries"
mount --bind "$shared" "$root/mnt"

# Only our own units are to run: nothing of this machine's.
rm -rf "$root/etc/systemd/system" "$root"/lib/systemd/system/*.wants "$root"/usr/lib/systemd/system/*.wants
mkdir -p "$root/etc/systemd/system" "$root/etc/kakehashi" "$root/etc/sysusers.d" "$root/etc/tmpfiles.d"
cp -r "$shared"/units/. "$root/etc/systemd/system/"
cp "$shared/kakehashi.env" "$root/etc/kakehashi/"
cp "$shared/kakehashi.sysusers" "$root/etc/sysusers.d/kakehashi.conf"
cp "$shared/kakehashi.tmpfiles" "$root/etc/tmpfiles.d/kakehashi.conf"
cp "$shared/kakehashi" "$root/opt/kakehashi/bin/kakehashi"
chroot "$root" systemd-sysusers kakehashi.conf
chroot "$root" systemd-tmpfiles --create kakehashi.conf
chroot "$root" chgrp kakehashi /etc/kakehashi/kakehashi.env
chmod 640 "$root/etc/kakehashi/kakehashi.env"
exec chroot "$root" env -i container=oci PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=kakehashi-test.target --log-target=console --show-status=no
