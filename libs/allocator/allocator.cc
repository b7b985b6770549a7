/// jemalloc's settings of our programs; the environment's MALLOC_CONF goes before them. It reads
/// this variable by its name.
///
/// - background_thread: what is free goes back to the system after ten seconds also in a service
///   that has nothing to do.
/// - narenas: by default there are four for each processor of the machine, however few of them a
///   container may use, and each keeps memory of its own.
/// - lg_tcache_max: threads keep pieces of up to 128 KB for themselves, not 32 KB: as large are the
///   messages in which many canvases or events go together.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): its type is jemalloc's
extern "C" const char* malloc_conf;
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
const char* malloc_conf = "background_thread:true,narenas:8,lg_tcache_max:17";
