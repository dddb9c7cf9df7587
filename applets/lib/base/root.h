/*
 * The root: the folder that stands for "/" of this appliance (--root DIR).
 *
 * An applet enters it once; afterwards every path of ours is relative to the
 * working folder, so no code knows an absolute one, unix sockets stay short,
 * and role users need no way through the folders above the root.
 */
#ifndef BASE_ROOT_H
#define BASE_ROOT_H

#include "base/err.h"

#define ROOT_ETC "etc/pm"
#define ROOT_WIRING ROOT_ETC "/wiring.lua"
#define ROOT_POLICY ROOT_ETC "/policy"
#define ROOT_LISTS ROOT_ETC "/lists"
#define ROOT_STATE "var/lib/pm"
#define ROOT_SPOOL ROOT_STATE "/spool"
/* What takes long to make, kept by front. */
#define ROOT_COMPILED ROOT_STATE "/compiled"
#define ROOT_LOG "var/log/pm"
#define ROOT_RUN "run/pm"
/* Where the private database's socket is. */
#define ROOT_DB ROOT_RUN "/db"

/*
 * Makes `dir` the working folder. *before_r (may be NULL) becomes a
 * descriptor of the folder we were in, for openat() of files that the user
 * named.
 */
int root_enter(const char *dir, int *before_r, struct err *e);

#endif
