#pragma once

namespace accoil::rpc {

/// Has gRPC look after its connections every 100 ms, also while no call is waiting. Without that it
/// does so every 5 s: a handshake of TLS, which takes several looks, is then given up before it is
/// done, and a process that only calls never finds a peer again that was away for a while, since
/// its calls fail at once. (One that also serves gRPC looks after all connections all the time.) To
/// be called before the process's first use of gRPC; further calls do nothing. An operator's own
/// GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS stands.
void PollOften();

}  // namespace accoil::rpc
