#!/bin/sh
# Makes the two base images that the Dockerfile names, without pulling anything: the build base is Debian's minbase with
# node and npm; the runtime base holds the files of a few packages of it, as distroless/cc does: no shell, no package manager.
# Given: STORE RUN MIRROR SUITE PACKAGES NODE_TARBALL NPM_TARBALL BUILD_NAME RUNTIME_NAME.
set -eu

b() { buildah --root "$STORE" --runroot "$RUN" --storage-driver overlay "$@"; }

# What an interrupted run left: working containers never hold anything worth keeping.
b rm --all >/dev/null

build=$(b from scratch)
root=$(b mount "$build")
echo "Debian $SUITE (debootstrap)"
debootstrap --variant=minbase --include=libstdc++6,ca-certificates "$SUITE" "$root" "$MIRROR" >"$RUN/debootstrap.log" 2>&1 ||
  { tail -25 "$RUN/debootstrap.log" >&2; exit 1; }
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

echo "node and npm"
local="$root/usr/local"
mkdir -p "$local/lib/node_modules/npm"
tar -xzf "$NODE_TARBALL" -C "$local" --strip-components=1 package/bin/node
tar -xzf "$NPM_TARBALL" -C "$local/lib/node_modules/npm" --strip-components=1 --no-same-owner
chown 0:0 "$local/bin/node"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$local/bin/npm"
chmod 0755 "$local/bin/node" "$local/lib/node_modules/npm/bin/npm-cli.js"

runtime=$(b from scratch)
target=$(b mount "$runtime")
echo "runtime files of $PACKAGES"
for link in bin sbin lib lib64; do cp -P "$root/$link" "$target/$link"; done
{
  for package in $PACKAGES; do
    dpkg-query --admindir="$root/var/lib/dpkg" --listfiles "$package"
  done
  echo /etc/ssl/certs/ca-certificates.crt
} | sed -E -e 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' -e '\#^/(\.|bin|sbin|lib|lib64|home|tmp)?$#d' |
  grep -vE '^/usr/share/(man|locale|lintian|base-files|info)' | sort -u | sed 's#^/##' |
  tar -C "$root" --no-recursion --files-from=- -c | tar -C "$target" -x
mkdir -m 1777 -p "$target/tmp"
mkdir -m 0700 -p "$target/home/nonroot"
chown 65532:65532 "$target/home/nonroot"
printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$target/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$target/etc/group"
printf 'hosts: files dns\n' >"$target/etc/nsswitch.conf"

path=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
b config --env "$path" --cmd node "$build"
b config --env "$path" --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt --user 65532:65532 --workingdir /home/nonroot "$runtime"
for pair in "$build $BUILD_NAME" "$runtime $RUNTIME_NAME"; do
  container=${pair% *}
  echo "committing ${pair#* }"
  b umount "$container" >/dev/null
  # A commit appears whole or not at all; both names there means that the bases are complete.
  b commit --quiet --rm "$container" "${pair#* }" >/dev/null
done
