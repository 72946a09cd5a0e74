"""A tree of files as an OCI image: layers, configuration, manifest, and one archive of it all.

https://github.com/opencontainers/image-spec/blob/v1.1.0/spec.md
"""

import gzip
import hashlib
import io
import json
import tarfile

MEDIA = "application/vnd.oci.image"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def archive(members, time):
    """A tar of (path, data, link, mode): the same members make the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, data, link, mode in sorted(members):
            info = tarfile.TarInfo(path)
            info.mtime, info.mode = time, mode
            if link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, link
            elif data is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data) if data else None)
    return out.getvalue()


class Image:
    """Layers are (what made it, tree, time of its files)."""

    def __init__(self, layers, config, labels, architecture, created):
        self.blobs = {}
        tars = [archive([(p, e.data, e.link, e.mode) for p, e in tree.items()], time)
                for _, tree, time in layers]
        packed = [self._blob(f"{MEDIA}.layer.v1.tar+gzip", gzip.compress(t, 9, mtime=0)) for t in tars]
        history = [{"created": created, "created_by": what} for what, _, _ in layers]
        self.config = self._blob(f"{MEDIA}.config.v1+json", encode({
            **architecture, "os": "linux", "created": created,
            "config": {**config, "Labels": labels}, "history": history,
            "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in tars]},
        }))
        self.layers = packed
        self.manifest = self._blob(f"{MEDIA}.manifest.v1+json", encode({
            "schemaVersion": 2, "mediaType": f"{MEDIA}.manifest.v1+json", "config": self.config,
            "layers": packed, "annotations": labels,
        }))
        self.unpacked = sum(map(len, tars))

    def _blob(self, kind, data):
        self.blobs[digest(data)] = data
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    def layout(self, name):
        """The files of an OCI layout that knows the image by name: {path: bytes}. manifest.json is
        what "docker load" of before Docker 25 reads in place of index.json."""
        tag = name.rpartition(":")[2]
        names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag}
        index = {"schemaVersion": 2, "mediaType": f"{MEDIA}.index.v1+json",
                 "manifests": [{**self.manifest, "annotations": names}]}
        docker = [{"Config": blob_path(self.config["digest"]), "RepoTags": [name],
                   "Layers": [blob_path(layer["digest"]) for layer in self.layers]}]
        return {"oci-layout": encode({"imageLayoutVersion": "1.0.0"}), "index.json": encode(index),
                "manifest.json": encode(docker),
                **{blob_path(of): data for of, data in self.blobs.items()}}


def blob_path(of):
    return "blobs/" + of.replace(":", "/")
