# A Modbus/TCP device with the registers of its arguments: PORT '{"holding": {"130": 512}, "input": {}}'.
import json
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartTcpServer

port, tables = int(sys.argv[1]), json.loads(sys.argv[2])


def block(name):
    return ModbusSparseDataBlock({int(at): value for at, value in tables.get(name, {}).items()} or {65535: 0})


device = ModbusSlaveContext(hr=block("holding"), ir=block("input"), zero_mode=True)
StartTcpServer(context=ModbusServerContext(slaves={1: device}, single=False), address=("127.0.0.1", port))
