"""What is in the image, as SPDX 2.3: https://spdx.github.io/spdx-spec/v2.3/"""

import hashlib
import re
import urllib.parse

IMAGE, OURS = "SPDXRef-Image", "SPDXRef-Package-tidegate"

# Debian's short names of licences that are SPDX's under another name or the same. What is not here
# is told by the whole copyright file.
LICENCES = {
    "Apache-2.0": "Apache-2.0", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause",
    "CC0-1.0": "CC0-1.0", "Expat": "MIT", "FSFAP": "FSFAP", "GPL-2": "GPL-2.0-only",
    "GPL-2+": "GPL-2.0-or-later", "GPL-3+": "GPL-3.0-or-later", "ISC": "ISC",
    "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3+": "LGPL-3.0-or-later", "MIT": "MIT", "MPL-2.0": "MPL-2.0", "Zlib": "Zlib", "curl": "curl",
}


def identifier(kind, name):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def expression(licence):
    """A licence of a copyright file as SPDX has it, None where it has another name there."""
    parts = re.split(r" (and|or) ", licence)
    if any(part not in LICENCES for part in parts[::2]) or {"and", "or"} <= set(parts[1::2]):
        return None
    text = "".join(LICENCES[p] if i % 2 == 0 else f" {p.upper()} " for i, p in enumerate(parts))
    return text if len(parts) == 1 else f"({text})"


def declared(package):
    """What the package's copyright file declares of all its files together. It is the source
    package's, so the files in the image may have fewer."""
    found = re.findall(r"^Files:(?:.*\n)+?License: *(.*)$", package.copyright, re.M)
    known = [expression(licence.strip()) for licence in found]
    if not known or None in known:
        return "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package.name)
    return " AND ".join(dict.fromkeys(known))


def source(package):
    """Name and version of the source package."""
    name, _, version = package.fields.get("Source", package.name).partition(" ")
    return name, version.strip("()") or package.version


def checksums(data):
    return [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}]


def verification(files):
    """The code of section 7.9 over the files of a package."""
    sums = sorted(file["checksums"][0]["checksumValue"] for file in files)
    return {"packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()}


def file_of(path, entry):
    name = hashlib.sha1(path.encode()).hexdigest()[:16]
    return {"SPDXID": f"SPDXRef-File-{name}", "fileName": f"./{path}",
            "checksums": checksums(entry.data), "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}


def purl(package):
    """https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md"""
    version = urllib.parse.quote(package.version, safe=":")
    release = f"&distro={package.release}" if package.release else ""
    return f"pkg:deb/debian/{package.name}@{version}?arch={package.architecture}{release}"


def debian_package(package, files):
    origin, version = source(package)
    return {"SPDXID": identifier("Package", package.name), "name": package.name,
            "versionInfo": package.version, "supplier": "Organization: Debian",
            "sourceInfo": f"built from the source package {origin} {version}",
            "downloadLocation": "NOASSERTION", "filesAnalyzed": True,
            "packageVerificationCode": verification(files),
            "licenseConcluded": "NOASSERTION", "licenseInfoFromFiles": ["NOASSERTION"],
            "licenseDeclared": declared(package), "copyrightText": "NOASSERTION",
            "comment": "The files are those of the package that are in the image.",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": purl(package)}]}


def own_package(version, files):
    return {"SPDXID": OURS, "name": "tidegate", "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": True,
            "packageVerificationCode": verification(files),
            "licenseConcluded": "Apache-2.0", "licenseInfoFromFiles": ["NOASSERTION"],
            "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
            "primaryPackagePurpose": "APPLICATION"}


def image_package(name, version, digest):
    return {"SPDXID": IMAGE, "name": name, "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "checksums": [{"algorithm": "SHA256", "checksumValue": digest.partition(":")[2]}],
            "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION", "primaryPackagePurpose": "CONTAINER",
            "comment": "The checksum is the digest of the image's manifest."}


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(tree, name, version, digest, created):
    """Every regular file of the tree is in the one package that it came with."""
    files, packages = [], [image_package(name, version, digest)]
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)]
    extracted = []
    for package in [None, *tree.packages()]:
        own = [file_of(path, e) for path, e in sorted(tree.items())
               if e.package is package and e.data is not None]
        made = debian_package(package, own) if package else own_package(version, own)
        files += own
        packages.append(made)
        relations.append(relation(IMAGE, "CONTAINS", made["SPDXID"]))
        relations += [relation(made["SPDXID"], "CONTAINS", file["SPDXID"]) for file in own]
        if package:
            relations.append(relation(OURS, "DEPENDS_ON", made["SPDXID"]))
            if made["licenseDeclared"].startswith("LicenseRef-"):
                extracted.append({"licenseId": made["licenseDeclared"],
                                  "name": f"the copyright file of {package.name}",
                                  "extractedText": package.copyright})
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"tidegate-{version}",
            "documentNamespace": f"https://tidegate.dev/spdx/{digest.replace(':', '-')}",
            "creationInfo": {"created": created, "creators": ["Tool: tidegate-image"]},
            "packages": packages, "files": files, "relationships": relations,
            "hasExtractedLicensingInfos": extracted}
