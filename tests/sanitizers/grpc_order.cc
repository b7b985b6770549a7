// gRPC's core hands calls from thread to thread under locks that ThreadSanitizer cannot see. Here
// it is told of an order at the doors of the core: whatever was done before an operation was begun
// was done before any operation that ends later. That is more order than there is, between calls
// that have nothing to do with one another; within a service, where no call is made, nothing is
// hidden. Only linked into programs built with ThreadSanitizer.
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <sanitizer/tsan_interface.h>

namespace {

char order;

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

grpc_call_error grpc_call_start_batch(grpc_call* call, const grpc_op* operations, size_t count,
                                      void* tag, void* reserved) {
  static auto* const real = Real<decltype(grpc_call_start_batch)>("grpc_call_start_batch");
  __tsan_release(&order);
  return real(call, operations, count, tag, reserved);
}

grpc_event grpc_completion_queue_next(grpc_completion_queue* queue, gpr_timespec deadline,
                                      void* reserved) {
  static auto* const real =
      Real<decltype(grpc_completion_queue_next)>("grpc_completion_queue_next");
  const auto event = real(queue, deadline, reserved);
  __tsan_acquire(&order);
  return event;
}

grpc_event grpc_completion_queue_pluck(grpc_completion_queue* queue, void* tag,
                                       gpr_timespec deadline, void* reserved) {
  static auto* const real =
      Real<decltype(grpc_completion_queue_pluck)>("grpc_completion_queue_pluck");
  const auto event = real(queue, tag, deadline, reserved);
  __tsan_acquire(&order);
  return event;
}

}  // extern "C"
