/* Put before libc (LD_PRELOAD), it counts the calls of a process that concern files below a folder, and at one of them
 * kills the process or makes the call fail. Python arms it through ctypes, in a child that was forked for this. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { OPEN = 1, READ = 2, WRITE = 4, SYNC = 8, RENAME = 16, MKDIR = 32, UNLINK = 64 };

static struct {
    char folder[4096];
    int kinds; /* of calls that count */
    long at;   /* the number of the call that is hit, from 1; 0: none */
    int code;  /* errno of the call, or 0: the process is killed before it, or -1: after it */
    int stays; /* whether all calls after it fail, too, as on a full disk */
    long count;
} plan;

void arm(const char *folder, int kinds, long at, int code, int stays)
{
    snprintf(plan.folder, sizeof plan.folder, "%s", folder);
    plan.kinds = kinds;
    plan.at = at;
    plan.code = code;
    plan.stays = stays;
    plan.count = 0;
}

/* A process that was started with FAULTS="kinds at code stays folder" arms itself. */
__attribute__((constructor)) static void arm_from_environment(void)
{
    char folder[4096];
    int kinds, code, stays;
    long at;
    const char *given = getenv("FAULTS");
    if (given && sscanf(given, "%d %ld %d %d %4095[^\n]", &kinds, &at, &code, &stays, folder) == 5)
        arm(folder, kinds, at, code, stays);
}

long counted(void)
{
    return plan.count;
}

static int below(const char *path)
{
    size_t n = strlen(plan.folder);
    return n && path && !strncmp(path, plan.folder, n);
}

static int is_ours(int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = 0;
    return below(path);
}

/* Whether the call is to fail; the process may end here. */
static int hit(int kind)
{
    if (!(plan.kinds & kind))
        return 0;
    plan.count++;
    if (!plan.at || plan.count < plan.at || (plan.count > plan.at && (!plan.stays || kind == UNLINK)))
        return 0;
    if (plan.code <= 0)
        kill(getpid(), SIGKILL);
    errno = plan.code;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int at, const char *path, int flags, mode_t mode)
{
    if (below(path) && hit(OPEN))
        return -1;
    return REAL(openat64)(at, path, flags, mode);
}

#define OPENS(name)                                                                                                    \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = va_arg(rest, mode_t);                                                                            \
        va_end(rest);                                                                                                  \
        return opened(AT_FDCWD, path, flags, mode);                                                                    \
    }

OPENS(open)
OPENS(open64)

ssize_t read(int descriptor, void *data, size_t size)
{
    if (plan.kinds & READ && is_ours(descriptor) && hit(READ))
        return -1;
    return REAL(read)(descriptor, data, size);
}

ssize_t write(int descriptor, const void *data, size_t size)
{
    if (plan.kinds & WRITE && is_ours(descriptor) && hit(WRITE))
        return -1;
    return REAL(write)(descriptor, data, size);
}

int fsync(int descriptor)
{
    if (plan.kinds & SYNC && is_ours(descriptor) && hit(SYNC))
        return -1;
    return REAL(fsync)(descriptor);
}

int rename(const char *old, const char *new)
{
    if (below(new) && hit(RENAME))
        return -1;
    return REAL(rename)(old, new);
}

int mkdir(const char *path, mode_t mode)
{
    if (below(path) && hit(MKDIR))
        return -1;
    return REAL(mkdir)(path, mode);
}

int unlink(const char *path)
{
    if (below(path) && hit(UNLINK))
        return -1;
    return REAL(unlink)(path);
}
