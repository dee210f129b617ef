-- Whoever looks at another process on this database sees at once what became of a tunnel.
create trigger node_tunnels_signal after insert or update on node_tunnels for each statement execute function public.argos_signal('nodes.tunnels');
