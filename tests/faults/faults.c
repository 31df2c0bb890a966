/* Put before libc (LD_PRELOAD), it counts the calls of a process that concern files below a folder, and at one of them
 * kills the process or makes the call fail. Python arms it through ctypes, in a child that was forked for this, or the
 * environment does: see arm_from_environment. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { OPEN = 1, READ = 2, WRITE = 4, SYNC = 8, RENAME = 16, MKDIR = 32, UNLINK = 64, STAT = 128, LIST = 256, MAP = 512, MEMORY = 1024 };

static struct {
    char folder[4096];
    int kinds; /* of calls that count */
    long at;   /* the number of the call that is hit, from 1; 0: none */
    int code;  /* errno of the call, or 0: the process is killed before it, or -1: after it */
    int stays; /* whether all calls after it fail, too, as on a full disk */
    long count;
    char from[256]; /* nothing counts before a file with this in its path is opened; empty: from the start */
    int tally;      /* a descriptor to which the count is written, or 0 */
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

/* Whether this process is a worker of a run; the others are the run itself. */
static int is_worker(void)
{
    char line[4096];
    int file = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
    ssize_t n = file < 0 ? 0 : syscall(SYS_read, file, line, sizeof line);
    syscall(SYS_close, file);
    return n > 0 && memmem(line, n, "executors._worker", 17);
}

/* A process that was started with FAULTS="kinds at code stays folder" arms itself. FAULTS_ROLE=worker or run leaves out
 * the others, FAULTS_FROM waits for a file to be opened, FAULTS_TALLY.PID gets the number of calls. */
__attribute__((constructor)) static void arm_from_environment(void)
{
    char folder[4096];
    int kinds, code, stays;
    long at;
    const char *given = getenv("FAULTS"), *role = getenv("FAULTS_ROLE"), *from = getenv("FAULTS_FROM");
    const char *tally = getenv("FAULTS_TALLY");
    if (!given || sscanf(given, "%d %ld %d %d %4095[^\n]", &kinds, &at, &code, &stays, folder) != 5)
        return;
    if (role && is_worker() != !strcmp(role, "worker"))
        return;
    if (from && !is_worker())
        snprintf(plan.from, sizeof plan.from, "%s", from);
    if (tally) {
        char name[4096];
        snprintf(name, sizeof name, "%s.%d", tally, (int)getpid());
        plan.tally = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    arm(folder, kinds, at, code, stays);
}

long counted(void)
{
    return plan.count;
}

static int below(const char *path)
{
    size_t n = strlen(plan.folder);
    return n && path && !plan.from[0] && !strncmp(path, plan.folder, n);
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
    if (plan.tally) {
        char text[32];
        syscall(SYS_pwrite64, plan.tally, text, snprintf(text, sizeof text, "%ld\n", plan.count), 0);
    }
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
    if (plan.from[0] && path && strstr(path, plan.from))
        plan.from[0] = 0;
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

ssize_t pread64(int descriptor, void *data, size_t size, off64_t from)
{
    if (plan.kinds & READ && is_ours(descriptor) && hit(READ))
        return -1;
    return REAL(pread64)(descriptor, data, size, from);
}

int stat64(const char *path, struct stat64 *found)
{
    if (below(path) && hit(STAT))
        return -1;
    return REAL(stat64)(path, found);
}

int lstat64(const char *path, struct stat64 *found)
{
    if (below(path) && hit(STAT))
        return -1;
    return REAL(lstat64)(path, found);
}

int fstatat64(int at, const char *path, struct stat64 *found, int flags)
{
    if (below(path) && hit(STAT))
        return -1;
    return REAL(fstatat64)(at, path, found, flags);
}

int fstat64(int descriptor, struct stat64 *found)
{
    if (plan.kinds & STAT && is_ours(descriptor) && hit(STAT))
        return -1;
    return REAL(fstat64)(descriptor, found);
}

DIR *opendir(const char *path)
{
    if (below(path) && hit(LIST))
        return NULL;
    return REAL(opendir)(path);
}

DIR *fdopendir(int descriptor)
{
    if (plan.kinds & LIST && is_ours(descriptor) && hit(LIST))
        return NULL;
    return REAL(fdopendir)(descriptor);
}

struct dirent64 *readdir64(DIR *folder)
{
    if (plan.kinds & LIST && is_ours(dirfd(folder)) && hit(LIST))
        return NULL;
    return REAL(readdir64)(folder);
}

void *mmap64(void *at, size_t size, int protection, int flags, int descriptor, off64_t from)
{
    if (descriptor < 0 ? below("/") && hit(MEMORY) : plan.kinds & MAP && is_ours(descriptor) && hit(MAP))
        return MAP_FAILED;
    return REAL(mmap64)(at, size, protection, flags, descriptor, from);
}

/* The loader itself reads and maps libraries out of reach: its errors are those of a file that it cannot open. */
void *dlopen(const char *path, int flags)
{
    if (below(path) && hit(OPEN))
        path = "/dev/null/unreadable.so";
    return REAL(dlopen)(path, flags);
}
